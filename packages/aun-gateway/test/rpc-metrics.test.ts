import { expect, it } from 'vitest';
import { createMetrics } from '../src/metrics.js';

it('prints calls by method and code, and times as a cumulative histogram', async () => {
  const metrics = createMetrics();
  metrics.connectionOpened();
  metrics.rpc('meta.ping', 0, 0);
  metrics.rpc('meta.ping', 0, 2);
  metrics.rpc('meta.ping', -32029, 60_000);
  const lines = (await metrics.text()).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'aun_connections 1',
      '# TYPE aun_rpc_total counter',
      'aun_rpc_total{method="meta.ping",code="0"} 2',
      'aun_rpc_total{method="meta.ping",code="-32029"} 1',
      '# TYPE aun_rpc_seconds histogram',
      'aun_rpc_seconds_bucket{le="0.001",method="meta.ping"} 1',
      'aun_rpc_seconds_bucket{le="0.002",method="meta.ping"} 2',
      'aun_rpc_seconds_bucket{le="30",method="meta.ping"} 2',
      'aun_rpc_seconds_bucket{le="+Inf",method="meta.ping"} 3',
      'aun_rpc_seconds_sum{method="meta.ping"} 60.002',
      'aun_rpc_seconds_count{method="meta.ping"} 3',
    ]),
  );
});
