import type { Clock, TimerHandle } from 'aun-core';

/** Longer delays overflow the timers of every platform. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** One timer for any number of moments: rings for the earliest, perhaps too early when that is weeks away. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #at = Number.POSITIVE_INFINITY;
  #timer: TimerHandle = null;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** @param at Unix ms; null: never */
  set(at: number | null): void {
    if (at === null || at >= this.#at) return;
    this.clear();
    this.#at = at;
    const delay = Math.min(Math.max(at - this.#clock.now(), 0), LONGEST_DELAY_MS);
    this.#timer = this.#clock.setTimeout(() => {
      this.#at = Number.POSITIVE_INFINITY;
      this.#ring();
    }, delay);
  }

  clear(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#at = Number.POSITIVE_INFINITY;
  }
}
