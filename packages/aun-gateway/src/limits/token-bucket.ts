import type { Clock } from 'aun-core';
import { LRUCache } from 'lru-cache';

export interface RateLimit {
  /** Tokens gained per second; 0 switches the limit off. */
  readonly perSecond: number;
  /** 0 means ten times the rate. */
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Token buckets by key (address, AID, family); memory is bounded, the least used key is forgotten first. */
export class TokenBuckets {
  readonly #limit: RateLimit;
  readonly #clock: Clock;
  readonly #buckets: LRUCache<string, Bucket>;

  constructor(limit: RateLimit, clock: Clock, maxKeys = 50_000) {
    this.#limit = limit;
    this.#clock = clock;
    this.#buckets = new LRUCache({ max: maxKeys });
  }

  /** Takes one token. Returns 0, or the seconds until one is there (01 §18 `retry_after`). */
  take(key: string): number {
    const { perSecond } = this.#limit;
    if (perSecond === 0) return 0;
    const burst = this.#limit.burst || Math.max(1, perSecond * 10);
    const now = this.#clock.now();
    const bucket = this.#buckets.get(key) ?? { tokens: burst, at: now };
    const gained = (Math.max(0, now - bucket.at) / 1000) * perSecond;
    bucket.tokens = Math.min(burst, bucket.tokens + gained);
    bucket.at = now;
    this.#buckets.set(key, bucket);
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return 0;
    }
    return Math.ceil(((1 - bucket.tokens) / perSecond) * 100) / 100;
  }
}
