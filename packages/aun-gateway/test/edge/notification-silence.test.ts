import { describe, expect, it } from 'vitest';
import { nora, otto } from './support/configured.js';
import { edges } from './support/edges.js';

const start = edges();

describe('a frame without id (02 §3.4, 04 §16)', () => {
  it('gets no answer, whatever is wrong with its params', async () => {
    const edge = await start();
    const n = await edge.connect(nora);
    const before = n.frames.length;
    const deep = `${'['.repeat(600)}${']'.repeat(600)}`;
    for (const params of ['[]', '"x"', '7', 'null', `{"a":${deep}}`]) {
      n.raw(`{"jsonrpc":"2.0","method":"notification/route","params":${params}}`);
      n.raw(`{"jsonrpc":"2.0","id":null,"method":"event/app.x","params":${params}}`);
    }
    await n.settle();
    expect(n.frames).toHaveLength(before + 1);
  });

  it('that names no method is no notification: it is told so', async () => {
    const edge = await start();
    const n = await edge.connect(nora);
    const before = n.frames.length;
    for (const method of ['""', '7', `"${'m'.repeat(129)}"`]) n.raw(`{"jsonrpc":"2.0","method":${method}}`);
    await n.settle();
    const answers = n.frames.slice(before, before + 3).map((text) => JSON.parse(text));
    expect(answers).toMatchObject(Array(3).fill({ id: null, error: { code: -32600 } }));
  });
});

describe('AIDs are the same in upper case (01 §1.1)', () => {
  it('as recipients, peers, notify targets and in questions for presence', async () => {
    const edge = await start();
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    const loud = ` ${otto.toUpperCase()} `;
    const send = { to: loud, payload: 'x', message_id: 'm-1' };
    expect(await n.call('message.send', send)).toMatchObject({ status: 'delivered' });
    expect(await n.call('message.send', { ...send, to: otto })).toMatchObject({ status: 'duplicate' });
    expect((await o.event('event/message.received')).params.to).toBe(otto);
    expect(await n.call('message.v2.bootstrap', { peer_aid: loud })).toMatchObject({ peer_aid: otto });
    const context = { type: 'run', id: '1' };
    expect(
      await n.call('message.thought.get', { sender_aid: nora.toUpperCase(), peer_aid: loud, context }),
    ).toMatchObject({ found: false, sender_aid: nora, peer_aid: otto });
    expect(await n.call('message.query_online', { aids: [loud] })).toEqual({ online: { [loud]: true } });
    n.notify('notification/route', {
      target: { type: 'aid', aid: loud },
      deliver: { method: 'event/app.typing', params: {} },
    });
    await o.event('event/app.typing');
  });
});
