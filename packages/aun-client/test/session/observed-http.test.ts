import type { HttpRequest } from 'aun-transport';
import { describe, expect, it } from 'vitest';
import { type HttpTraceRecord, newTraceId, observedHttp } from '../../src/session/observed-http.js';

describe('HTTP of a client', () => {
  const requests: HttpRequest[] = [];
  const records: HttpTraceRecord[] = [];
  let mode: 'off' | 'log' = 'off';
  let fail = false;
  const http = observedHttp(
    {
      request: async (request) => {
        requests.push(request);
        if (fail) throw new Error('no answer');
        return { status: 204, headers: {}, body: new Uint8Array(), url: request.url };
      },
      close: () => undefined,
    },
    {
      timeoutMs: () => 2_000,
      traceMode: () => mode,
      onTrace: (record) => records.push(record),
      now: () => 5,
    },
  );
  const url = 'https://nora.example.test/agent.md?token=x';

  it('takes no longer than http_timeout', async () => {
    await http.request({ url });
    await http.request({ url, timeoutMs: 30_000 });
    await http.request({ url, timeoutMs: 500 });
    expect(requests.map(({ timeoutMs }) => timeoutMs)).toEqual([2_000, 2_000, 500]);
    expect(records).toEqual([]);
  });

  it('is told to the trace observer while tracing is on, failures too, without the query', async () => {
    mode = 'log';
    const traceId = newTraceId('log') ?? '';
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    await http.request({ method: 'PUT', url, headers: { 'x-aun-trace': traceId } });
    fail = true;
    await expect(http.request({ url })).rejects.toThrow('no answer');
    const base = { type: 'http', url: 'https://nora.example.test/agent.md', duration_ms: 0 };
    expect(records).toEqual([
      { ...base, method: 'PUT', trace_id: traceId, status: 204 },
      { ...base, method: 'GET', trace_id: expect.stringMatching(/^[0-9a-f]{32}$/), status: 0 },
    ]);
    expect(newTraceId('off')).toBeUndefined();
  });
});
