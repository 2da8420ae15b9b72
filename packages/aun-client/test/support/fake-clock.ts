import type { Clock } from 'aun-core';

type Timer = { readonly id: number; readonly at: number; readonly run: () => void };

/** Time that passes only when a test says so. */
export class FakeClock implements Clock {
  #now: number;
  #next = 1;
  #timers: Timer[] = [];

  constructor(now = 1_800_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  get timers(): number {
    return this.#timers.length;
  }

  /** Milliseconds until the next timer; undefined when there is none. */
  get nextDelay(): number | undefined {
    const [first] = [...this.#timers].sort((a, b) => a.at - b.at);
    return first === undefined ? undefined : first.at - this.#now;
  }

  setTimeout(callback: () => void, delayMs: number): number {
    const id = this.#next++;
    this.#timers.push({ id, at: this.#now + Math.max(0, delayMs), run: callback });
    return id;
  }

  clearTimeout(handle: unknown): void {
    this.#timers = this.#timers.filter((timer) => timer.id !== handle);
  }

  /** Somebody sets the clock: timers are not in a hurry because of it. */
  jump(ms: number): void {
    this.#now += ms;
    this.#timers = this.#timers.map((timer) => ({ ...timer, at: timer.at + ms }));
  }

  /** Runs everything that is due within `ms`, letting promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const [due] = this.#timers
        .filter((timer) => timer.at <= end)
        .sort((a, b) => a.at - b.at || a.id - b.id);
      if (due === undefined) break;
      this.#now = Math.max(this.#now, due.at);
      this.clearTimeout(due.id);
      due.run();
      await settle();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets all pending promise reactions run. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
};
