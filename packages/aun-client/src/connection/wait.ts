import type { Clock, TimerHandle } from 'aun-core';

/** A wait that can be cut short: ends as `elapsed`, as `skipped`, or rejects when the signal aborts. */
export class Wait {
  readonly done: Promise<'elapsed' | 'skipped'>;
  #finish: (how: 'elapsed' | 'skipped') => void = () => undefined;

  constructor(clock: Clock, delayMs: number, signal: AbortSignal) {
    this.done = new Promise((resolve, reject) => {
      let timer: TimerHandle | null = null;
      const clear = (): void => {
        if (timer !== null) clock.clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        clear();
        reject(signal.reason);
      };
      this.#finish = (how) => {
        clear();
        resolve(how);
      };
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      signal.addEventListener('abort', onAbort, { once: true });
      timer = clock.setTimeout(() => this.#finish('elapsed'), delayMs);
    });
  }

  finish(how: 'elapsed' | 'skipped'): void {
    this.#finish(how);
  }
}
