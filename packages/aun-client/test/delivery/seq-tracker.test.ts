import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeqTracker } from '../../src/delivery/seq-tracker.js';
import { FakeClock } from '../support/fake-clock.js';

const runs = process.env.AUN_SOAK === '1' ? 5_000 : 200;

describe('the sequence tracker', () => {
  it('starts contiguous with 1', () => {
    const tracker = new SeqTracker(new FakeClock());
    expect(tracker.onMessageSeq(1)).toBe(false);
    expect(tracker.contiguous).toBe(1);
  });

  it('asks for a pull when the first number is not 1', () => {
    const tracker = new SeqTracker(new FakeClock());
    expect(tracker.onMessageSeq(3)).toBe(true);
    expect(tracker.contiguous).toBe(0);
    expect(tracker.maxSeen).toBe(3);
  });

  it('advances over what it received before', () => {
    const tracker = new SeqTracker(new FakeClock());
    for (const seq of [3, 2, 5, 1]) tracker.onMessageSeq(seq);
    expect(tracker.contiguous).toBe(3);
    tracker.onMessageSeq(4);
    expect(tracker.contiguous).toBe(5);
  });

  it('asks again for the same gap only after 1, 3, 10, 30, 60, 60 … seconds', async () => {
    const clock = new FakeClock();
    const tracker = new SeqTracker(clock);
    expect(tracker.onMessageSeq(10)).toBe(true);
    const waits: number[] = [];
    let seq = 11;
    let waited = 0;
    while (waits.length < 6) {
      await clock.advance(500);
      waited += 0.5;
      if (tracker.onMessageSeq(seq++)) {
        waits.push(waited);
        waited = 0;
      }
    }
    expect(waits).toEqual([1, 3, 10, 30, 60, 60]);
  }, 20_000);

  it('asks again at once after a clock that was set back by hours', async () => {
    const clock = new FakeClock();
    const tracker = new SeqTracker(clock);
    expect(tracker.onMessageSeq(10)).toBe(true);
    expect(tracker.onMessageSeq(11)).toBe(false);
    clock.jump(-4 * 3_600_000);
    expect(tracker.onMessageSeq(12)).toBe(true);
    expect(tracker.onMessageSeq(13)).toBe(false);
  });

  it('is forced forward but never back', () => {
    const tracker = new SeqTracker(new FakeClock(), 5);
    tracker.onMessageSeq(9);
    tracker.forceContiguous(8);
    expect(tracker.contiguous).toBe(9);
    tracker.forceContiguous(3);
    expect(tracker.contiguous).toBe(9);
  });

  it('is repaired backward but never forward, keeping what it has seen', () => {
    const tracker = new SeqTracker(new FakeClock(), 12);
    tracker.repairContiguous(20);
    expect(tracker.contiguous).toBe(12);
    tracker.repairContiguous(4);
    expect([tracker.contiguous, tracker.maxSeen]).toEqual([4, 12]);
  });

  it('bounds what it remembers', () => {
    const tracker = new SeqTracker(new FakeClock());
    for (let seq = 10; seq < 10 + 5_001; seq += 1) tracker.onMessageSeq(seq);
    expect(tracker.contiguous).toBe(10 + 5_000);
  });

  it('ends contiguous whatever the order of arrival', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(
          Array.from({ length: 30 }, (_, i) => i + 1),
          { minLength: 30 },
        ),
        (order) => {
          const tracker = new SeqTracker(new FakeClock());
          let last = 0;
          for (const seq of order) {
            tracker.onMessageSeq(seq);
            expect(tracker.contiguous).toBeGreaterThanOrEqual(last);
            last = tracker.contiguous;
          }
          expect(tracker.contiguous).toBe(30);
        },
      ),
      { numRuns: runs },
    );
  });
});
