import type { Clock } from 'aun-core';

/** Time that moves only by `advance`, which fires the timers that fall due, in order. */
export interface ManualClock extends Clock {
  advance(milliseconds: number): void;
  /** Timers that wait. */
  readonly pending: number;
}

export const manualClock = (startMs = Date.parse('2026-06-01T12:00:00Z')): ManualClock => {
  let now = startMs;
  let next = 0;
  const timers = new Map<number, { readonly at: number; readonly run: () => void }>();
  return {
    now: () => now,
    get pending() {
      return timers.size;
    },
    setTimeout(run, delayMs) {
      next += 1;
      timers.set(next, { at: now + Math.max(0, delayMs), run });
      return next;
    },
    clearTimeout(handle) {
      timers.delete(Number(handle));
    },
    advance(milliseconds) {
      const end = now + milliseconds;
      for (;;) {
        const due = [...timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
        if (due === undefined) break;
        timers.delete(due[0]);
        now = due[1].at;
        due[1].run();
      }
      now = end;
    },
  };
};
