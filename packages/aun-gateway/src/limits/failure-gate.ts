import type { Clock } from 'aun-core';
import { LRUCache } from 'lru-cache';

export interface FailureLimit {
  /** Failures within the window before the pause; 0 switches the gate off. */
  readonly failures: number;
  readonly windowMs: number;
  readonly pauseMs: number;
}

interface Failures {
  count: number;
  since: number;
  pausedUntil: number;
}

/** Pauses a key after too many failures in a window (01 §18, failed `aid_login2`). */
export class FailureGate {
  readonly #limit: FailureLimit;
  readonly #clock: Clock;
  readonly #entries: LRUCache<string, Failures>;

  constructor(limit: FailureLimit, clock: Clock, maxKeys = 50_000) {
    this.#limit = limit;
    this.#clock = clock;
    this.#entries = new LRUCache({ max: maxKeys });
  }

  /** Seconds the key still has to wait; 0 = may try. */
  waitSeconds(key: string): number {
    const entry = this.#entries.get(key);
    if (entry === undefined) return 0;
    return Math.max(0, Math.ceil((entry.pausedUntil - this.#clock.now()) / 1000));
  }

  fail(key: string): void {
    const { failures, windowMs, pauseMs } = this.#limit;
    if (failures === 0) return;
    const now = this.#clock.now();
    const before = this.#entries.get(key);
    const entry =
      before !== undefined && now - before.since <= windowMs
        ? before
        : { count: 0, since: now, pausedUntil: 0 };
    entry.count += 1;
    if (entry.count >= failures) {
      entry.pausedUntil = now + pauseMs;
      entry.count = 0;
      entry.since = now;
    }
    this.#entries.set(key, entry);
  }

  succeed(key: string): void {
    this.#entries.delete(key);
  }
}
