import { systemClock } from 'aun-core';
import { describe, expect, it } from 'vitest';
import type { TestClient } from './support/client.js';
import { nora, otto, text } from './support/configured.js';
import { edges } from './support/edges.js';
import { envelope } from './support/envelope.js';

const start = edges();

const pushedSeqs = (client: TestClient) =>
  client.events.filter((event) => event.method !== 'challenge').map((event) => event.params.seq);

describe('a client that claims to be ahead (04 §13.1, §25.1 #16)', () => {
  it('gets every later message, after the hint that brought it back', async () => {
    const edge = await start();
    const [n, o] = [await edge.connect(nora), await edge.connect(otto, { slot: 'late' })];
    const short = await edge.connect(otto, { kind: 'short', slot: 'other' });
    await short.settle();
    await o.close();
    for (const body of ['1', '2']) await n.call('message.send', { to: otto, payload: text(body) });
    const ahead = await edge.connect(otto, { slot: 'late' });
    await ahead.call('message.v2.pull', { after_seq: 5 });
    expect((await ahead.event('event/peer.v2.message_received')).params.seq).toBe(1);
    expect(await ahead.call('message.v2.pull', { after_seq: 0 })).toMatchObject({ count: 2 });
    await ahead.call('message.v2.ack', { up_to_seq: 2 });
    for (let i = 0; i < 5; i += 1) await n.call('message.send', { to: otto, payload: text('later') });
    await ahead.settle();
    expect(pushedSeqs(ahead)).toEqual([1, 3, 4, 5, 6, 7]);
  });

  it('is not silenced by the largest number', async () => {
    const edge = await start();
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    for (const method of ['message.v2.pull', 'message.pull']) {
      await o.call(method, { after_seq: Number.MAX_SAFE_INTEGER, force: true });
    }
    await n.call('message.send', { to: otto, payload: text('still here') });
    await n.call('message.send', { to: otto, payload: envelope({ from: nora, to: otto }) });
    await o.settle();
    expect(pushedSeqs(o)).toEqual([1, 2]);
  });
});

describe('the hint after a connect (04 §13.4)', () => {
  it('repeats no seq that was announced on this connection (D4)', async () => {
    const late: (() => void)[] = [];
    const clock = {
      ...systemClock,
      setTimeout: (...[task, ms, options]: Parameters<typeof systemClock.setTimeout>) => {
        if (ms !== 5_000) return systemClock.setTimeout(task, ms, options);
        late.push(task);
        return systemClock.setTimeout(() => {}, 0, options);
      },
    };
    const edge = await start({}, clock);
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    for (let i = 0; i < 3; i += 1) {
      await n.call('message.send', { to: otto, payload: envelope({ from: nora, to: otto }) });
    }
    for (const task of late) task();
    await o.settle();
    expect(pushedSeqs(o)).toEqual([1, 2, 3]);
  });
});
