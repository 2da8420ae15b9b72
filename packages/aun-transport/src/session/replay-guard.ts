import { type Clock, systemClock } from 'aun-core';

export interface ReplayGuardOptions {
  /** How long a key stays known. */
  readonly ttlMs: number;
  /** Of more keys than this the oldest are forgotten. Default 10,000. */
  readonly maxEntries?: number;
  readonly clock?: Clock;
}

/** Remembers keys, e.g. nonces, for a while and says whether one is new (02 §16). Memory is bounded. */
export class ReplayGuard {
  readonly #ttlMs: number;
  readonly #maxEntries: number;
  readonly #clock: Clock;
  // In order of expiry, as all keys live equally long.
  readonly #expiries = new Map<string, number>();

  constructor(options: ReplayGuardOptions) {
    this.#ttlMs = options.ttlMs;
    this.#maxEntries = options.maxEntries ?? 10_000;
    this.#clock = options.clock ?? systemClock;
  }

  get size(): number {
    return this.#expiries.size;
  }

  /** True the first time within `ttlMs`. */
  admit(key: string): boolean {
    const now = this.#clock.now();
    this.#forgetExpired(now);
    if (this.#expiries.has(key)) return false;
    this.#expiries.set(key, now + this.#ttlMs);
    if (this.#expiries.size > this.#maxEntries) {
      const oldest = this.#expiries.keys().next();
      if (oldest.done !== true) this.#expiries.delete(oldest.value);
    }
    return true;
  }

  #forgetExpired(now: number): void {
    for (const [key, expiry] of this.#expiries) {
      // Beyond ttlMs in the future only after the clock was set back: such a key would never expire in time.
      if (expiry > now && expiry <= now + this.#ttlMs) return;
      this.#expiries.delete(key);
    }
  }
}
