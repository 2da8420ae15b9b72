import { describe, expect, it } from 'vitest';
import { MessageFacade } from '../../src/facades/message-facade.js';

describe('client.message [07 §8.1]', () => {
  const made = () => {
    const calls: unknown[][] = [];
    const facade = new MessageFacade(async (...call) => {
      calls.push(call);
      return {};
    });
    return { calls, facade };
  };

  it('pulls and acknowledges without params', async () => {
    const { calls, facade } = made();
    await facade.pull();
    await facade.ack();
    await facade.ack({ seq: 3 }, { timeout: 2 });
    expect(calls).toEqual([
      ['message.pull', {}, undefined],
      ['message.ack', {}, undefined],
      ['message.ack', { seq: 3 }, { timeout: 2 }],
    ]);
  });

  it('drops members that do not exist on the wire', async () => {
    const { calls, facade } = made();
    await facade.pull({ after_seq: 1, limit: null as never });
    expect(calls).toEqual([['message.pull', { after_seq: 1 }, undefined]]);
  });
});
