import { TimeoutError } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { withinDeadline } from '../../src/rpc/deadline.js';
import { FakeClock, settle } from '../support/fake-clock.js';

type Limits = { timeoutMs?: number; signal?: AbortSignal };

const start = (limits: Limits) => {
  const clock = new FakeClock();
  const state = {
    given: {} as Limits,
    ended: null as unknown,
    finish: (_: string) => {},
    fail: (_: Error) => {},
  };
  const work = (given: Limits): Promise<string> => {
    state.given = given;
    return new Promise((resolve, reject) => {
      state.finish = resolve;
      state.fail = reject;
    });
  };
  withinDeadline('message.pull', clock, limits, work).then(
    (value) => {
      state.ended = value;
    },
    (error: unknown) => {
      state.ended = error;
    },
  );
  return { clock, state };
};

describe('the deadline of a call with several requests', () => {
  it('ends the whole call with the error of a single one, and tells the work', async () => {
    const { clock, state } = start({ timeoutMs: 500 });
    await clock.advance(499);
    expect([state.ended, state.given.signal?.aborted]).toEqual([null, false]);
    await clock.advance(1);
    expect(state.ended).toBeInstanceOf(TimeoutError);
    expect(state.ended).toMatchObject({ code: -1, retryable: true, message: 'rpc timeout: message.pull' });
    expect(state.given.signal?.reason).toBe(state.ended);
    state.fail(new Error('nobody is listening any more'));
    await settle();
  });

  it('passes on the reason of the caller', async () => {
    const caller = new AbortController();
    const { clock, state } = start({ signal: caller.signal, timeoutMs: 500 });
    await settle();
    const reason = new Error('enough');
    caller.abort(reason);
    await settle();
    expect([state.ended, state.given.signal?.reason]).toEqual([reason, reason]);
    expect(clock.timers).toBe(0);
  });

  it('does not begin for a caller who has left', async () => {
    const { state } = start({ signal: AbortSignal.abort('gone') });
    await settle();
    expect([state.ended, state.given]).toEqual(['gone', {}]);
  });

  it('leaves nothing behind when the work ends in time', async () => {
    const caller = new AbortController();
    const { clock, state } = start({ signal: caller.signal, timeoutMs: 500 });
    await settle();
    state.finish('done');
    await settle();
    expect([state.ended, clock.timers]).toEqual(['done', 0]);
    caller.abort();
    expect(state.given.signal?.aborted).toBe(false);
  });

  it('is none without options: the work gets them as they are', async () => {
    const limits = {};
    const { clock, state } = start(limits);
    expect(state.given).toBe(limits);
    expect(clock.timers).toBe(0);
  });
});
