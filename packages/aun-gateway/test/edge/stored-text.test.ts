import { describe, expect, it } from 'vitest';
import { nora, otto, text } from './support/configured.js';
import { edges } from './support/edges.js';
import { envelope } from './support/envelope.js';

const start = edges();

/** None of them comes back from a database as it went in, or may be in an id (04 §1.2). */
const unfit = ['zz\u0000b', 'a\nb', 'a\u007f', 'half \ud800', '\udc00 half'];

describe('texts that a store would change', () => {
  it('are no message ids, plain or encrypted', async () => {
    const edge = await start();
    const [n] = [await edge.connect(nora), await edge.connect(otto)];
    for (const id of unfit) {
      expect(await n.refused('message.send', { to: otto, payload: text('x'), message_id: id })).toMatchObject(
        { code: -32602, data: { field: 'message_id' } },
      );
      expect(
        await n.refused('message.send', {
          to: otto,
          payload: envelope({ from: nora, to: otto, messageId: id }),
        }),
      ).toMatchObject({ code: -32602, data: { field: 'payload.aad.message_id' } });
      const context = { type: 'run', id };
      const thought = { to: otto, context, payload: envelope({ from: nora, to: otto }) };
      expect(await n.refused('message.thought.put', { ...thought, thought_id: id })).toMatchObject({
        code: -32602,
        data: { field: 'thought_id' },
      });
      expect(await n.call('message.thought.put', thought)).toMatchObject({ context, stored_count: 1 });
    }
    expect(await n.call('message.send', { to: otto, payload: 'x', message_id: 'ключ 🗝' })).toMatchObject({
      message_id: 'ключ 🗝',
    });
  });

  it('are no types; a payload keeps its own', async () => {
    const edge = await start();
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    for (const type of unfit) {
      expect(await n.refused('message.send', { to: otto, payload: 'x', type })).toMatchObject({
        code: -32602,
        data: { field: 'type' },
      });
      await n.call('message.send', { to: otto, payload: { type } });
    }
    await n.call('message.send', { to: otto, payload: { type: `${'x'.repeat(127)}🗝` } });
    const { messages } = await o.call('message.v2.pull', {});
    expect(messages.map((row: { type: string }) => row.type)).toEqual([
      'zzb',
      'ab',
      'a',
      'half ',
      ' half',
      'x'.repeat(127),
    ]);
    expect(
      messages.slice(0, unfit.length).map((row: { legacy_v1: { payload: object } }) => row.legacy_v1.payload),
    ).toEqual(unfit.map((type) => ({ type })));
  });

  it('recall nothing that was stored under another id', async () => {
    const edge = await start();
    const [n] = [await edge.connect(nora), await edge.connect(otto)];
    await n.call('message.send', { to: otto, payload: 'x', message_id: 'zz' });
    expect(await n.call('message.recall', { message_ids: ['zz\u0000b'] })).toMatchObject({
      recalled: 0,
      errors: [{ error: 'not_found' }],
    });
  });

  it('pass through unchanged inside payloads', async () => {
    const edge = await start();
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    await n.call('message.send', { to: otto, payload: { text: unfit.join('|') } });
    const { messages } = await o.call('message.v2.pull', {});
    expect(messages[0].legacy_v1.payload.text).toBe(unfit.join('|'));
  });
});
