import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { EdgeMetrics } from './ports.js';

const unknownMethod = -32601;
const rpcBuckets = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Counters of one gateway; nothing global, so several gateways may live in one process. */
export interface GatewayMetrics extends EdgeMetrics {
  readonly contentType: string;
  /** Prometheus text format. */
  text(): Promise<string>;
}

export const createMetrics = (options: { readonly processMetrics?: boolean } = {}): GatewayMetrics => {
  const register = new Registry();
  const registers = [register];
  if (options.processMetrics === true) collectDefaultMetrics({ register });
  const connections = new Gauge({ name: 'aun_connections', help: 'Open WebSocket connections', registers });
  const opened = new Counter({
    name: 'aun_connections_total',
    help: 'WebSocket connections accepted',
    registers,
  });
  const calls = new Counter({
    name: 'aun_rpc_total',
    help: 'RPC calls by method and code (0 = success)',
    labelNames: ['method', 'code'] as const,
    registers,
  });
  const seconds = new Histogram({
    name: 'aun_rpc_seconds',
    help: 'Time to answer an RPC call',
    labelNames: ['method'] as const,
    buckets: rpcBuckets,
    registers,
  });
  return {
    contentType: register.contentType,
    text: () => register.metrics(),
    connectionOpened() {
      connections.inc();
      opened.inc();
    },
    connectionClosed() {
      connections.dec();
    },
    rpc(method, code, milliseconds) {
      // Names come from clients: an unknown one must not become a label of its own.
      const label = code === unknownMethod ? 'unknown' : method;
      calls.inc({ method: label, code: String(code) });
      seconds.observe({ method: label }, milliseconds / 1000);
    },
  };
};
