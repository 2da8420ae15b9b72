import type { Clock } from 'aun-core';

/** Time that only moves when told; timers never fire by themselves. */
export interface FakeClock extends Clock {
  advance(seconds: number): void;
}

export const fakeClock = (startMs = Date.parse('2026-06-01T12:00:00Z')): FakeClock => {
  let now = startMs;
  return {
    now: () => now,
    setTimeout: () => undefined,
    clearTimeout: () => {},
    advance(seconds) {
      now += seconds * 1000;
    },
  };
};
