import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { FederationMetrics } from './federation/metrics.js';
import type { EdgeMetrics } from './ports.js';
import { RpcMetrics } from './rpc-metrics.js';

/** Counters of one gateway; nothing global, so several gateways may live in one process. */
export interface GatewayMetrics extends EdgeMetrics {
  readonly federation: FederationMetrics;
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
  const rpc = new RpcMetrics();
  return {
    contentType: register.contentType,
    federation: createFederationMetrics(registers),
    text: async () => `${await register.metrics()}\n${rpc.text()}`,
    connectionOpened() {
      connections.inc();
      opened.inc();
    },
    connectionClosed() {
      connections.dec();
    },
    rpc(method, code, milliseconds) {
      rpc.record(method, code, milliseconds);
    },
  };
};

const createFederationMetrics = (registers: Registry[]): FederationMetrics => {
  const relayed = new Counter({
    name: 'aun_federation_relayed_total',
    help: 'Calls of own clients that went to other gateways, by outcome',
    labelNames: ['outcome'] as const,
    registers,
  });
  const served = new Counter({
    name: 'aun_federation_served_total',
    help: 'Calls relayed by other gateways, by method and code (0 = success)',
    labelNames: ['method', 'code'] as const,
    registers,
  });
  const forwarded = new Counter({
    name: 'aun_federation_forwarded_total',
    help: 'Stored messages for other gateways, by what became of them',
    labelNames: ['outcome'] as const,
    registers,
  });
  const waiting = new Gauge({
    name: 'aun_federation_waiting',
    help: 'Messages that wait for other gateways',
    registers,
  });
  return {
    relayed: (outcome) => relayed.inc({ outcome }),
    served: (method, code) => served.inc({ method, code: String(code) }),
    forwarded: (outcome) => forwarded.inc({ outcome }),
    waiting: (count) => waiting.set(count),
  };
};
