import { describe, expect, it } from 'vitest';
import type { RowOutcome } from '../../src/delivery/pulled-row.js';
import { HeldRows } from '../../src/e2ee/held-rows.js';
import { FakeClock, settle } from '../support/fake-clock.js';

const message = (text: string): RowOutcome => ({
  kind: 'message',
  event: 'e',
  message: { text },
  returned: true,
});

const setUp = () => {
  const clock = new FakeClock();
  const closed = new AbortController();
  const rows = new HeldRows(clock, closed.signal);
  const opened: string[] = [];
  const keys = new Set<string>();
  const lasts: boolean[] = [];
  const hold = (sender: string, text: string) => {
    const held = rows.hold(sender, async (last) => {
      lasts.push(last);
      return last || keys.has(sender) ? message(text) : null;
    });
    if (held.kind !== 'held') throw new Error('not held');
    void held.later.then((outcome) => opened.push(outcome.kind === 'message' ? text : outcome.kind));
    return held.later;
  };
  return { clock, closed, rows, opened, keys, lasts, hold };
};

describe('messages that wait for the certificate of their sender (04 §14.9)', () => {
  it('are opened in order of arrival, although the later ones could be opened first', async () => {
    const { clock, opened, keys, hold, rows } = setUp();
    hold('nora', 'first');
    await clock.advance(500);
    keys.add('nora');
    expect(rows.has('nora')).toBe(true);
    hold('nora', 'second');
    hold('nora', 'third');
    await settle();
    expect(opened).toEqual(['first', 'second', 'third']);
    expect(rows.has('nora')).toBe(false);
    expect(clock.timers).toBe(0);
  });

  it('do not wait for other senders', async () => {
    const { opened, keys, hold } = setUp();
    hold('nora', 'from Nora');
    keys.add('otto');
    hold('otto', 'from Otto');
    await settle();
    expect(opened).toEqual(['from Otto']);
  });

  it('are not given up sooner because others of the same sender arrive', async () => {
    const { clock, opened, keys, lasts, hold } = setUp();
    for (let count = 0; count < 40; count += 1) {
      hold('nora', `message ${count}`);
      await settle();
    }
    expect(lasts).not.toContain(true);
    expect(opened).toEqual([]);
    keys.add('nora');
    await clock.advance(60_000);
    expect(opened).toEqual(Array.from({ length: 40 }, (_, count) => `message ${count}`));
  });

  it('get a last look in the end, and are left alone when the client closes', async () => {
    const { clock, closed, opened, lasts, hold } = setUp();
    hold('nora', 'first');
    await clock.advance(3_600_000);
    expect(opened).toEqual(['first']);
    expect(lasts.filter(Boolean)).toHaveLength(1);
    hold('otto', 'second');
    await settle();
    closed.abort();
    await settle();
    expect(opened).toEqual(['first', 'abandoned']);
  });
});
