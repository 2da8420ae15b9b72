import { AUNError, RpcCode } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { settle } from '../support/fake-clock.js';
import { paramsOf, plainPush, plainRow, ScriptedInbox } from '../support/inbox.js';

/** A promise that a test resolves by hand. */
const gate = () => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
};

/** The answer to the first request is on its way until the returned function is called. */
const holdFirstAnswer = (box: ScriptedInbox): (() => void) => {
  const { opened, open } = gate();
  const serve = box.answer;
  box.answer = async (call) => {
    const first = box.calls.length === 1;
    const answer = await serve(call);
    if (first) await opened;
    return answer;
  };
  return open;
};

const seqsOf = (answer: { messages?: unknown }): number[] =>
  (answer.messages as { seq: number }[]).map(({ seq }) => seq);

describe('an inbox that is interrupted', () => {
  it('catches up after a reconnect although a handler of the old connection still runs', async () => {
    const box = new ScriptedInbox();
    box.pageLimit = 1;
    box.rows = [1, 2, 3].map(plainRow);
    const { opened, open } = gate();
    box.onEvent = ({ seq }) => (seq === 1 ? opened : Promise.resolve());
    void box.inbox.fill();
    await settle();
    expect(box.seqs).toEqual([1]);
    box.inbox.stopFilling();
    await box.inbox.fill();
    open();
    await box.clock.advance(100);
    expect(box.seqs).toEqual([1, 2, 3]);
    expect(box.cursor).toBe(3);
  });

  it('catches up after a reconnect although an explicit pull of the application is under way', async () => {
    const box = new ScriptedInbox();
    const open = holdFirstAnswer(box);
    const pulled = box.inbox.pull({});
    await settle();
    box.inbox.stopFilling();
    box.rows = [1].map(plainRow);
    await box.inbox.fill();
    open();
    await pulled;
    await settle();
    expect(box.seqs).toEqual([1]);
  });

  it('hands nothing more over once it is stopped; what it did not hand over stays unacknowledged', async () => {
    const box = new ScriptedInbox();
    box.rows = [1, 2, 3, 4].map(plainRow);
    const { opened, open } = gate();
    box.onEvent = ({ seq }) => (seq === 2 ? opened : Promise.resolve());
    void box.inbox.fill();
    await settle();
    expect(box.space.publisher.settled).toBe(1);
    box.space.publisher.stop();
    // The handler that ended delivery has seen its message.
    expect(box.space.publisher.settled).toBe(2);
    open();
    await box.push('message.received', plainPush(5));
    await box.clock.advance(1_000);
    expect(box.seqs).toEqual([1, 2]);
    expect(box.space.publisher.settled).toBe(2);
    expect(box.cursor).toBeLessThanOrEqual(2);
  });

  it('acknowledges without a number only what has reached the application', async () => {
    const box = new ScriptedInbox();
    box.rows = [1, 2, 3].map(plainRow);
    box.onEvent = async ({ seq }) => {
      if (seq === 2) await box.inbox.ack({});
    };
    await box.inbox.fill();
    expect(paramsOf(box, 'message.v2.ack')[0]).toEqual({ up_to_seq: 2 });
  });

  it('asks again for what came above a gap while a pull was under way', async () => {
    const box = new ScriptedInbox();
    const open = holdFirstAnswer(box);
    box.rows = [1, 2, 3].map(plainRow);
    await box.push('message.received', plainPush(3));
    box.rows.push(plainRow(4), plainRow(5));
    await box.push('message.received', plainPush(5));
    open();
    await box.clock.advance(10);
    expect(box.seqs).toEqual([1, 2, 3, 4, 5]);
  });

  it('skips a hole that one pull proved empty, and goes on with what waits above it [04 §14.10]', async () => {
    const box = new ScriptedInbox();
    await box.push('message.received', plainPush(1));
    await box.push('message.received', plainPush(5));
    await box.push('message.received', plainPush(6));
    await box.clock.advance(10);
    expect(box.seqs).toEqual([1, 5, 6]);
    expect(box.space.tracker.contiguous).toBe(6);
  });

  it('takes no hole for empty that the answer could not know of', async () => {
    const box = new ScriptedInbox();
    const open = holdFirstAnswer(box);
    void box.inbox.fill();
    await settle();
    box.rows = [1, 2].map(plainRow);
    await box.push('message.received', plainPush(2));
    open();
    await box.clock.advance(10);
    expect(box.seqs).toEqual([1, 2]);
  });

  it('follows short pages of a server that does not say whether there is more [04 §14.4]', async () => {
    const box = new ScriptedInbox();
    box.sayHasMore = false;
    box.pageLimit = 2;
    box.rows = [1, 2, 3, 4, 5].map(plainRow);
    void box.inbox.fill();
    await box.clock.advance(5_000);
    expect(box.seqs).toEqual([1, 2, 3, 4, 5]);
    expect(box.cursor).toBe(5);
    expect(paramsOf(box, 'message.v2.ack')).toEqual([]);
  });

  it('tries again when the server failed inside', async () => {
    const box = new ScriptedInbox();
    box.rows = [plainRow(1)];
    const serve = box.answer;
    box.answer = async (call) => {
      if (box.calls.length === 1) throw new AUNError('internal', { code: RpcCode.internalError });
      return serve(call);
    };
    void box.inbox.fill();
    await box.clock.advance(2_000);
    expect(box.seqs).toEqual([1]);
  });
});

describe('what an explicit pull returns', () => {
  it('is what handlers get: instance, envelope, direction, no `_auth`', async () => {
    const box = new ScriptedInbox();
    const legacy = plainRow(1).legacy_v1 as object;
    box.rows = [{ ...plainRow(1), legacy_v1: { ...legacy, context: { type: 'run', _auth: { tag: 'x' } } } }];
    const answer = await box.inbox.pull({});
    expect(answer).toMatchObject({ count: 1, raw_count: 1 });
    expect(answer.messages).toMatchObject([
      { seq: 1, device_id: 'd-otto-1', slot_id: 'main', direction: 'inbound', envelope: { type: 'text' } },
    ]);
    expect(JSON.stringify(answer)).not.toContain('_auth');
  });

  it('begins with what came while nobody listened, each number once', async () => {
    const box = new ScriptedInbox();
    for (const seq of [1, 2]) box.unheard.add({ seq, payload: {} });
    box.space.tracker.forceContiguous(2);
    box.rows = [1, 2, 3].map(plainRow);
    expect(seqsOf(await box.inbox.pull({}))).toEqual([1, 2, 3]);
    expect(seqsOf(await box.inbox.pull({}))).toEqual([]);
    box.unheard.add({ seq: 2, payload: {} });
    expect(seqsOf(await box.inbox.pull({ after_seq: 1, force: true }))).toEqual([2, 3]);
    box.unheard.add({ seq: 2, payload: {} });
    expect(seqsOf(await box.inbox.pull({ after_seq: 2 }))).toEqual([3]);
  });
});
