import { describe, expect, it } from 'vitest';
import { createThoughtStore } from '../../src/services/message/thought-store.js';
import { nora, otto, text } from './support/configured.js';
import { edges } from './support/edges.js';
import { envelope } from './support/envelope.js';

const start = edges();

describe('thoughts live outside the inbox (04 §11)', () => {
  it('a full inbox takes no message, but a thought', async () => {
    const edge = await start({ inboxMaxUnacked: 1 });
    const [n] = [await edge.connect(nora), await edge.connect(otto)];
    await n.call('message.send', { to: otto, payload: text('waits') });
    for (const payload of [text('x'), envelope({ from: nora, to: otto })]) {
      expect((await n.refused('message.send', { to: otto, payload })).code).toBe(-32029);
    }
    const context = { type: 'run', id: 'run-17' };
    const put = { to: otto, context, payload: envelope({ from: nora, to: otto }) };
    expect(await n.call('message.thought.put', put)).toMatchObject({ stored_count: 1 });
  });

  it('contexts are told apart whatever their names contain', () => {
    const store = createThoughtStore(10);
    const thought = { thoughtId: 't', payloadText: '{}', createdAt: 1 };
    const key = { sender: nora, peer: otto, contextType: 'a\nb', contextId: 'c' };
    store.put(key, thought);
    expect(store.get({ ...key, contextType: 'a', contextId: 'b\nc' }, 2)).toBeNull();
    expect(store.get(key, 2)?.thoughts).toHaveLength(1);
  });
});

describe('the agent.md version of an envelope (04 §5.4)', () => {
  it('comes from the gateway alone', async () => {
    const edge = await start();
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    const forged = { sender: { aid: nora, etag: '"forged"', last_modified: 'never' } };
    const payload = () => envelope({ from: nora, to: otto, extra: { agent_md: forged } });
    await n.call('message.send', { to: otto, payload: payload() });
    const published = { etag: '"real"', lastModified: 'Thu, 01 Jan 2026 00:00:00 GMT' };
    edge.cards.set(nora, published);
    edge.edge.agentMdChanged(nora);
    await n.call('message.send', { to: otto, payload: payload() });
    const { messages } = await o.call('message.v2.pull', {});
    const versions = messages.map((row: { envelope_json: string }) => JSON.parse(row.envelope_json).agent_md);
    expect(versions).toEqual([
      undefined,
      { sender: { aid: nora, etag: published.etag, last_modified: published.lastModified } },
    ]);
  });
});
