import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrderedPublisher } from '../../src/delivery/ordered-publisher.js';
import { SeqTracker } from '../../src/delivery/seq-tracker.js';
import { FakeClock, settle } from '../support/fake-clock.js';

const runs = process.env.AUN_SOAK === '1' ? 2_000 : 100;

const setUp = (contiguous = 0) => {
  const tracker = new SeqTracker(new FakeClock(), contiguous);
  const published: number[] = [];
  const publisher = new OrderedPublisher(tracker, async (_event, message) => {
    published.push((message as { seq: number }).seq);
  });
  const push = (seq: number) => publisher.publishOrdered('m', seq, { seq });
  const pulled = (seq: number) => publisher.publishPulled('m', seq, { seq });
  return { tracker, publisher, published, push, pulled };
};

describe('the ordered publisher', () => {
  it('parks what comes too early', async () => {
    const { published, push } = setUp();
    expect(await push(2)).toBe(false);
    expect(await push(3)).toBe(false);
    expect(await push(1)).toBe(true);
    expect(published).toEqual([1, 2, 3]);
  });

  it('drops what was published or is below the contiguous number', async () => {
    const { published, push } = setUp(4);
    expect(await push(3)).toBe(false);
    expect(await push(5)).toBe(true);
    expect(await push(5)).toBe(false);
    expect(published).toEqual([5]);
  });

  it('publishes at once what has no number', async () => {
    const { publisher, published } = setUp(4);
    expect(await publisher.publishOrdered('m', undefined, { seq: -1 })).toBe(true);
    expect(published).toEqual([-1]);
  });

  it('puts pulled rows between parked ones', async () => {
    const { published, push, pulled, tracker } = setUp();
    await push(2);
    await push(6);
    tracker.forceContiguous(4);
    for (const seq of [1, 3, 4]) await pulled(seq);
    expect(published).toEqual([1, 2, 3, 4]);
    await push(5);
    expect(published).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('lets no push overtake the rows of a page', async () => {
    const { publisher, published, push, pulled, tracker } = setUp();
    publisher.claim([1, 2]);
    tracker.forceContiguous(2);
    await pulled(1);
    expect(await push(3)).toBe(false);
    await pulled(2);
    expect(published).toEqual([1, 2, 3]);
  });

  it('counts a number as settled only when its handlers are done', async () => {
    const tracker = new SeqTracker(new FakeClock());
    let finish: () => void = () => undefined;
    const publisher = new OrderedPublisher(
      tracker,
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    publisher.claim([1, 2]);
    tracker.forceContiguous(2);
    const first = publisher.publishPulled('m', 1, {});
    await settle();
    expect(publisher.settled).toBe(0);
    expect(publisher.isPublishing).toBe(true);
    finish();
    await first;
    expect(publisher.settled).toBe(1);
    publisher.settle(2);
    expect(publisher.settled).toBe(2);
  });

  it('goes on after a message that was held back, and delivers it late', async () => {
    const { publisher, published, pulled, tracker } = setUp();
    publisher.claim([1, 2, 3]);
    tracker.forceContiguous(3);
    publisher.hold(1);
    await pulled(2);
    await pulled(3);
    expect(publisher.settled).toBe(0);
    await publisher.publishLate('m', 1, { seq: 1 });
    expect(published).toEqual([2, 3, 1]);
    expect(publisher.settled).toBe(3);
  });

  it('publishes every number once and in order, however pushes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(
          Array.from({ length: 12 }, (_, i) => i + 1),
          { minLength: 12 },
        ),
        fc.array(fc.integer({ min: 1, max: 12 })),
        async (order, repeats) => {
          const { published, push } = setUp();
          await Promise.all([...order, ...repeats].map(push));
          expect(published).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
        },
      ),
      { numRuns: runs },
    );
  });
});
