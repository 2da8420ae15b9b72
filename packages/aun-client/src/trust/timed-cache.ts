import type { Clock } from 'aun-core';

type Entry<V> = { readonly value: Promise<V>; readonly at: number };

/** Remembers the outcome of a look-up for a while; failures are forgotten at once, parallel askers share one flight. */
export class TimedCache<V> {
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #limit: number;
  readonly #entries = new Map<string, Entry<V>>();

  constructor(clock: Clock, ttlMs: number, limit = 1_000) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
    this.#limit = limit;
  }

  get(key: string, load: () => Promise<V>): Promise<V> {
    const known = this.#entries.get(key);
    const age = this.#clock.now() - (known?.at ?? 0);
    if (known !== undefined && age >= 0 && age < this.#ttlMs) return known.value;
    const value = load();
    this.#entries.delete(key);
    this.#entries.set(key, { value, at: this.#clock.now() });
    value.catch(() => {
      if (this.#entries.get(key)?.value === value) this.#entries.delete(key);
    });
    this.#trim();
    return value;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  deleteWhere(matches: (key: string) => boolean): void {
    for (const key of this.#entries.keys()) if (matches(key)) this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  #trim(): void {
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#limit) return;
      this.#entries.delete(oldest);
    }
  }
}
