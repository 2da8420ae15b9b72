import { LRUCache } from 'lru-cache';
import { RpcFailure } from './failure.js';
import type { RpcReply } from './method.js';
import { jsonText } from './raw-json.js';

/** Bounds of what is remembered: together 40 MB at the very most, a few in practice. */
const MAX_CALLS = 10_000;
const MAX_OUTCOME_CHARS = 4_096;

interface Remembered {
  readonly until: number;
  readonly outcome: Promise<RpcReply>;
}

const isRetryable = (error: unknown): boolean =>
  !(error instanceof RpcFailure) || error.code === -32029 || (error.code >= 5000 && error.code <= 5999);

/**
 * Repeats of a signed mutating call get the outcome of the first, also while that one still runs (01 §15.4, 02 §16).
 * What may succeed later (5xxx, -32029, a fault) is not remembered. Bounded: the calls used longest ago are forgotten.
 */
export class FirstOutcomes {
  readonly #keepMs: number;
  readonly #calls = new LRUCache<string, Remembered>({ max: MAX_CALLS });

  /** `keepMs`: how long a signature can be valid, from the earliest to the latest time it is accepted. */
  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  get size(): number {
    return this.#calls.size;
  }

  run(call: string, now: number, work: () => RpcReply | Promise<RpcReply>): Promise<RpcReply> {
    const first = this.#calls.get(call);
    if (first !== undefined && now < first.until) return first.outcome;
    // `async`: a handler that throws at once must be remembered like one that rejects.
    const outcome = (async () => work())();
    this.#calls.set(call, { until: now + this.#keepMs, outcome });
    outcome.then(
      (reply) => {
        if (jsonText(reply).length > MAX_OUTCOME_CHARS) this.#forget(call, outcome);
      },
      (error: unknown) => {
        if (isRetryable(error)) this.#forget(call, outcome);
      },
    );
    return outcome;
  }

  #forget(call: string, outcome: Promise<RpcReply>): void {
    if (this.#calls.peek(call)?.outcome === outcome) this.#calls.delete(call);
  }
}
