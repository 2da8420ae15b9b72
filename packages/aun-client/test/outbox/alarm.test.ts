import { expect, it } from 'vitest';
import { Alarm } from '../../src/outbox/alarm.js';
import { FakeClock } from '../support/fake-clock.js';

it('an alarm rings once for the earliest moment it was told', async () => {
  const clock = new FakeClock();
  const rings: number[] = [];
  const alarm = new Alarm(clock, () => rings.push(clock.now()));
  const start = clock.now();
  for (const after of [3_000, 1_000, 2_000]) alarm.set(start + after);
  alarm.set(null);
  expect(clock.timers).toBe(1);
  await clock.advance(5_000);
  expect(rings).toEqual([start + 1_000]);
  alarm.set(start);
  await clock.advance(0);
  expect(rings).toHaveLength(2);
  alarm.set(start + 60_000);
  alarm.clear();
  expect(clock.timers).toBe(0);
});

it('an alarm for a moment months away never overflows the timers of the platform', async () => {
  const clock = new FakeClock();
  const then = clock.now() + 60 * 24 * 3_600_000;
  let rings = 0;
  const alarm = new Alarm(clock, () => {
    rings += 1;
    if (clock.now() < then) alarm.set(then);
  });
  alarm.set(then);
  expect(clock.nextDelay).toBeLessThan(2 ** 31);
  await clock.advance(then - clock.now());
  // Early twice, and then on time.
  expect([rings, clock.timers]).toEqual([3, 0]);
});
