export interface ReconnectPolicyOptions {
  /** First delay, clamped to 1…64 s. Default 1,000 ms. */
  readonly initialDelayMs?: number;
  /** Largest delay, clamped to 1…64 s. Default 64,000 ms. */
  readonly maxDelayMs?: number;
  /** 0: no limit (default). Skipped rounds of an unhealthy gateway count. */
  readonly maxAttempts?: number;
  /** Uniform in [0, 1). Default Math.random. */
  readonly random?: () => number;
}

/** How the round before this one ended. */
export type RoundOutcome = 'lost' | 'unhealthy' | 'failed';

export type ReconnectStep =
  | { readonly kind: 'wait'; readonly attempt: number; readonly delayMs: number }
  | { readonly kind: 'exhausted'; readonly attempts: number };

const secondMs = 1_000;
const longestMs = 64_000;
const patienceMs = 60_000;
const unhealthyCapMs = 4_000;

/**
 * When to try again after a lost connection (02 §15, 07 §6.6): full jitter, uniform over (0, delay), the delay doubling
 * from `initialDelayMs` to `maxDelayMs`. While the health check fails, the delay stays at 4 s or less for the first minute
 * of an outage: a restart is over within seconds, and many clients are then spread over little time.
 *
 * Pure: it is told the time and waits for nothing.
 */
export class ReconnectPolicy {
  readonly #initialDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #maxAttempts: number;
  readonly #random: () => number;
  #attempt = 0;
  #delayMs: number;
  #lostAt: number | undefined;

  constructor(options: ReconnectPolicyOptions = {}) {
    this.#maxDelayMs = clampDelay(options.maxDelayMs, longestMs);
    this.#initialDelayMs = Math.min(clampDelay(options.initialDelayMs, secondMs), this.#maxDelayMs);
    this.#maxAttempts = Math.max(0, Math.trunc(options.maxAttempts ?? 0));
    this.#random = options.random ?? Math.random;
    this.#delayMs = this.#initialDelayMs;
  }

  /** Rounds announced since the last reset; 0 when not retrying. */
  get attempt(): number {
    return this.#attempt;
  }

  /**
   * The next round.
   *
   * @param outcome `lost` for the first round of an outage, then how the round before ended
   * @param now Unix ms; the first call after a reset begins the outage
   */
  next(outcome: RoundOutcome, now: number): ReconnectStep {
    if (this.#maxAttempts > 0 && this.#attempt >= this.#maxAttempts) {
      return { kind: 'exhausted', attempts: this.#attempt };
    }
    this.#lostAt ??= now;
    if (this.#attempt > 0) this.#delayMs = Math.min(this.#delayMs * 2, this.#maxDelayMs);
    const elapsed = now - this.#lostAt;
    const isEarly = elapsed >= 0 && elapsed < patienceMs;
    if (outcome === 'unhealthy' && isEarly) this.#delayMs = Math.min(this.#delayMs, unhealthyCapMs);
    this.#attempt += 1;
    return { kind: 'wait', attempt: this.#attempt, delayMs: this.#random() * this.#delayMs };
  }

  /** The connection is back, or somebody called `connect()`: the next loss begins anew. */
  reset(): void {
    this.#attempt = 0;
    this.#delayMs = this.#initialDelayMs;
    this.#lostAt = undefined;
  }
}

function clampDelay(delayMs: number | undefined, fallback: number): number {
  if (delayMs === undefined || Number.isNaN(delayMs)) return fallback;
  return Math.min(Math.max(delayMs, secondMs), longestMs);
}
