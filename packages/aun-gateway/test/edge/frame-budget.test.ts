import { describe, expect, it } from 'vitest';
import { nora, otto, text } from './support/configured.js';
import { edges } from './support/edges.js';
import { envelope } from './support/envelope.js';

const start = edges();

const GO_BUDGET = 30_000;
/** The longest ids that are allowed: 128 characters of three bytes. */
const longId = (i: number) => `${'界'.repeat(124)}${String(i).padStart(4, '0')}`;

describe('a Go client never gets more than 30,000 bytes (04 §13.5)', () => {
  it('of queue mode: a larger message is a hint, and a stub in its place in the page', async () => {
    const edge = await start();
    const n = await edge.connect(nora);
    const o = await edge.connect(otto, { mode: 'queue', lang: 'go' });
    const big = 'x'.repeat(100_000);
    await n.call('message.send', { to: otto, payload: text(big), message_id: 'big' });
    await n.call('message.send', {
      to: otto,
      payload: envelope({ from: nora, to: otto, bytes: 60_000, messageId: 'sealed' }),
    });
    await n.call('message.send', { to: otto, payload: text('small'), message_id: 'small' });
    expect((await o.event('event/peer.v2.message_received')).params).toMatchObject({ seq: 1 });
    const { count, messages } = await o.call('message.v2.pull', { after_seq: 0 });
    expect(count).toBe(3);
    expect(messages).toMatchObject([
      {
        version: 'v1',
        seq: 1,
        legacy_v1: { payload: { kind: 'aun.oversize', data: { message_id: 'big' } } },
      },
      { seq: 2, legacy_v1: { payload: { kind: 'aun.oversize', data: { message_id: 'sealed' } } } },
      { seq: 3, legacy_v1: { payload: text('small') } },
    ]);
    const raw = await o.call('message.pull', { after_seq: 0 });
    expect(raw.messages[0].payload.kind).toBe('aun.oversize');
    expect(o.largestFrame).toBeLessThanOrEqual(GO_BUDGET);
  });

  it('of queue mode: rows that fit only one by one come page by page', async () => {
    const edge = await start();
    const n = await edge.connect(nora);
    const o = await edge.connect(otto, { mode: 'queue', lang: 'go' });
    for (let i = 0; i < 4; i += 1) {
      await n.call('message.send', { to: otto, payload: text('y'.repeat(13_600)) });
    }
    const seqs: number[] = [];
    for (let more = true; more; ) {
      const page = await o.call('message.v2.pull', { after_seq: seqs.at(-1) ?? 0 });
      seqs.push(...page.messages.map((row: { seq: number }) => row.seq));
      more = page.has_more;
    }
    expect(seqs).toEqual([1, 2, 3, 4]);
    expect(o.largestFrame).toBeLessThanOrEqual(GO_BUDGET);
  });

  it('of recalls: ids that the answer could not name are refused, before anything is recalled', async () => {
    const edge = await start();
    const n = await edge.connect(nora, { lang: 'go' });
    await edge.connect(otto);
    await n.call('message.send', { to: otto, payload: 'x', message_id: longId(0) });
    const ids = Array.from({ length: 100 }, (_, i) => longId(i));
    expect(await n.refused('message.recall', { message_ids: ids })).toMatchObject({
      code: -32602,
      data: { field: 'message_ids', limit: expect.any(Number) },
    });
    expect(await n.call('message.recall', { message_ids: ids.slice(0, 50) })).toMatchObject({
      accepted: 50,
      recalled: 1,
    });
    expect(n.largestFrame).toBeLessThanOrEqual(GO_BUDGET);
  });

  it('of presence: AIDs that the answer could not name are refused', async () => {
    const edge = await start();
    const n = await edge.connect(nora, { lang: 'go' });
    const aids = Array.from({ length: 100 }, (_, i) => `${'界'.repeat(240)}${i}.demo.example`);
    expect(await n.refused('message.query_online', { aids })).toMatchObject({
      code: -32602,
      data: { field: 'aids' },
    });
    const longest = Array.from({ length: 100 }, (_, i) => `${String(i).padStart(243, 'a')}.demo.example`);
    expect(Object.keys((await n.call('message.query_online', { aids: longest })).online)).toEqual(longest);
    expect(n.largestFrame).toBeLessThanOrEqual(GO_BUDGET);
  });

  it('of recall notices: many long ids go in several, and none is lost', async () => {
    const edge = await start();
    const [n, o] = [await edge.connect(nora), await edge.connect(otto, { lang: 'go' })];
    const ids = Array.from({ length: 100 }, (_, i) => longId(i));
    for (const id of ids) await n.call('message.send', { to: otto, payload: 'x', message_id: id });
    expect(await n.call('message.recall', { message_ids: ids })).toEqual({
      success: true,
      accepted: 100,
      recalled: 100,
      errors: null,
    });
    await o.event('event/message.recalled', 2);
    await o.settle();
    const notices = o.eventsOf('event/message.recalled').map((event) => event.params);
    expect(notices.flatMap((notice) => notice.message_ids)).toEqual(ids);
    expect(notices.flatMap((notice) => notice.target_message_seqs)).toEqual(ids.map((_, i) => i + 1));
    expect(new Set(notices.map((notice) => notice.message_id)).size).toBe(notices.length);
    const page = await o.call('message.v2.pull', { after_seq: 100, limit: 1 });
    expect(page.messages[0].legacy_v1.payload).toMatchObject({ type: 'message.recalled' });
    expect(o.largestFrame).toBeLessThanOrEqual(GO_BUDGET);
  });
});
