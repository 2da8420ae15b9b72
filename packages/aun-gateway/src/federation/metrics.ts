/** Counters of federation for `/metrics`. */
export interface FederationMetrics {
  /** A call of our clients went to another gateway. */
  relayed(outcome: 'ok' | 'error' | 'unreachable' | 'stored'): void;
  /** A call of another gateway's agent was served, with its code (0 = success). */
  served(method: string, code: number): void;
  /** What became of a stored message. */
  forwarded(outcome: 'delivered' | 'refused' | 'expired'): void;
  /** Messages that wait for other gateways. */
  waiting(count: number): void;
}

export const noFederationMetrics: FederationMetrics = {
  relayed() {},
  served() {},
  forwarded() {},
  waiting() {},
};
