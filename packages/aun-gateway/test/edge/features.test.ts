import { buildClientSignature } from 'aun-pki';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KnownAid, startEdge, type TestEdge } from './support/edge.js';
import { envelope } from './support/envelope.js';

const nora = 'nora.demo.example';
const otto = 'otto.demo.example';

let edge: TestEdge;
let noraId: KnownAid;
beforeEach(async () => {
  edge = await startEdge({ limits: { traceMaxMode: 'diag' } });
  noraId = edge.register('nora');
  edge.register('otto');
});
afterEach(async () => {
  expect(edge.errors).toEqual([]);
  await edge.stop();
});

describe('recall (04 §9, §25.4)', () => {
  it('29, 32: leaves placeholders, and one notice under the next seq, even when acked', async () => {
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    await n.call('message.send', { to: otto, payload: 'a secret', message_id: 'ord-1' });
    await n.call('message.send', { to: otto, payload: envelope({ from: nora, to: otto, messageId: 'm-2' }) });
    await o.call('message.v2.ack', { up_to_seq: 2 });
    const result = await n.call('message.recall', { message_ids: ['ord-1', 'm-2'] });
    expect(result).toEqual({ success: true, accepted: 2, recalled: 2, errors: null });
    const { params } = await o.event('event/message.recalled');
    expect(params).toMatchObject({
      seq: 3,
      from: nora,
      to: otto,
      message_ids: ['ord-1', 'm-2'],
      target_message_seqs: [1, 2],
      recalled_by: nora,
      type: 'message.recalled',
      kind: 'message.recalled',
      reason: '',
      device_id: 'd-1',
    });
    expect(params.tombstone_message_id).toBe(params.message_id);
    expect(String(params.message_id)).toMatch(/^rc-/);
    const { messages } = await o.call('message.v2.pull', { after_seq: 0, force: true });
    expect(messages.map((row: { version: string; type: string }) => [row.version, row.type])).toEqual(
      Array(3).fill(['v1', 'message.recalled']),
    );
    expect(messages[0]).toMatchObject({
      message_id: 'ord-1',
      legacy_v1: { payload: { message_ids: ['ord-1'], target_message_seqs: [1] } },
    });
    expect(messages[2].legacy_v1.payload).toMatchObject({ target_message_seqs: [1, 2] });
    expect(JSON.stringify(edge.db.rawAll('SELECT content FROM bodies'))).not.toContain('a secret');
  });

  it('30, 31: reports foreign, unknown, repeated and late recalls per id', async () => {
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    await n.call('message.send', { to: otto, payload: 'x', message_id: 'ord-1' });
    expect(await o.call('message.recall', { message_ids: ['ord-1'] })).toMatchObject({
      recalled: 0,
      errors: [{ message_id: 'ord-1', error: 'not_sender' }],
    });
    expect(await n.call('message.recall', { message_ids: ['nope'] })).toMatchObject({
      recalled: 0,
      errors: [{ message_id: 'nope', error: 'not_found' }],
    });
    await n.call('message.recall', { message_ids: ['ord-1'] });
    expect(await n.call('message.recall', { message_ids: ['ord-1'] })).toMatchObject({
      errors: [{ message_id: 'ord-1', error: 'already_recalled' }],
    });
    await n.call('message.send', { to: otto, payload: 'x', message_id: 'ord-2' });
    edge.db.exec('UPDATE bodies SET t_server = t_server - 121000');
    expect(await n.call('message.recall', { message_ids: ['ord-2'] })).toMatchObject({
      errors: [{ message_id: 'ord-2', error: 'expired' }],
    });
    expect((await n.refused('message.recall', { message_ids: [] })).code).toBe(-32602);
    expect((await n.refused('message.recall', { message_ids: Array(101).fill('x') })).code).toBe(-32602);
  });
});

describe('thoughts (04 §11, §25.11)', () => {
  const context = { type: 'run', id: 'run-17' };
  const put = (messageId: string) => ({
    to: otto,
    context,
    thought_id: messageId,
    payload: envelope({ from: nora, to: otto, messageId }),
  });

  it('65, 66: nine puts, repeatable gets in put order with full envelopes', async () => {
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    for (let i = 0; i < 9; i += 1) {
      const result = await n.call('message.thought.put', put(`mt-${i}`));
      expect(result).toMatchObject({ stored_count: i + 1, thought_id: `mt-${i}`, peer_aid: otto, context });
    }
    await n.call('message.thought.put', put('mt-3'));
    for (let read = 0; read < 2; read += 1) {
      const got = await o.call('message.thought.get', { sender_aid: nora, context });
      expect(got.found).toBe(true);
      expect(got.thoughts.map((item: { thought_id: string }) => item.thought_id)).toEqual(
        Array.from({ length: 9 }, (_, i) => `mt-${i}`),
      );
      expect(got.thoughts[0].payload.type).toBe('e2ee.p2p_encrypted');
      expect(got.thoughts[0].payload.recipients.length).toBeGreaterThan(0);
    }
    expect(
      (await n.call('message.thought.get', { sender_aid: nora, peer_aid: otto, context })).thoughts,
    ).toHaveLength(9);
    expect(o.eventsOf('event/peer.v2.message_received')).toHaveLength(0);
  });

  it('68: an unknown context is not found; foreign pairs and plaintext are refused', async () => {
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    expect(await o.call('message.thought.get', { sender_aid: nora, context })).toEqual({
      found: false,
      sender_aid: nora,
      peer_aid: otto,
      context,
      thoughts: [],
      updated_at: null,
    });
    expect((await n.refused('message.thought.get', { sender_aid: nora, context })).code).toBe(-32602);
    const foreign = { sender_aid: nora, peer_aid: 'third.demo.example', context };
    expect((await o.refused('message.thought.get', foreign)).code).toBe(-32004);
    expect((await n.refused('message.thought.put', { ...put('x'), payload: { type: 'text' } })).code).toBe(
      -32602,
    );
    expect(
      (await n.refused('message.thought.put', { ...put('x'), payload: { type: 'e2ee.encrypted' } })).code,
    ).toBe(-33020);
  });
});

describe('notify (02 §7, 04 §25.12)', () => {
  const route = (target: object, params: object = { on: true }, ttl?: number) => ({
    target: { type: 'aid', aid: otto, ...target },
    deliver: { method: 'event/app.typing', params },
    ...(ttl === undefined ? {} : { ttl_ms: ttl }),
  });

  it('70, 72: routes to an AID, a device, one exact slot; `_notify` is always ours', async () => {
    const n = await edge.connect(nora);
    const a = await edge.connect(otto, { slot: 'main' });
    const b = await edge.connect(otto, { slot: 'main two', device: 'd-2' });
    n.notify('notification/route', route({}, { on: true, _notify: { from_aid: 'forged' } }, 5_000));
    const { params } = await a.event('event/app.typing');
    expect(params).toMatchObject({
      on: true,
      _notify: { from_aid: nora, device_id: 'd-1', slot_id: 'default', ttl_ms: 5_000 },
    });
    await b.event('event/app.typing');
    n.notify('notification/route', route({ device_id: 'd-2', slot_id: 'main two' }, { on: 2 }));
    n.notify('notification/route', route({ device_id: 'd-2', slot_id: 'main' }, { on: 3 }));
    await n.settle();
    expect((await b.event('event/app.typing', 2)).params.on).toBe(2);
    await Promise.all([a.settle(), b.settle()]);
    expect(a.eventsOf('event/app.typing')).toHaveLength(1);
    expect(b.eventsOf('event/app.typing')).toHaveLength(2);
  });

  it('73: drops system events, bad targets, large params and the offline, without any answer', async () => {
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    const frames = n.frames.length;
    n.notify('notification/route', {
      ...route({}),
      deliver: { method: 'event/message.received', params: {} },
    });
    n.notify('notification/route', route({ slot_id: 'main' }));
    n.notify('notification/route', route({}, { pad: 'x'.repeat(70_000) }));
    n.notify('notification/route', route({}, {}, 60_001));
    n.notify('notification/unknown', {});
    n.notify('notification/route', { ...route({}), target: { type: 'aid', aid: 'ghost.demo.example' } });
    await n.settle();
    await o.settle();
    expect(n.frames).toHaveLength(frames + 1);
    expect(o.events.map((event) => event.method)).toEqual(['challenge']);
  });
});

describe('echo, trace, meta, signatures (04 §17, §25.10)', () => {
  it('60: annotates a plaintext echo in the order gateway, message', async () => {
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    await n.call('message.send', {
      to: otto,
      payload: { type: 'text', text: 'Echo me\n1 [AUN-SDK.send]', n: 1 },
    });
    const { params } = await o.event('event/message.received');
    const shown = (params.payload as { text: string }).text;
    expect(shown).toMatch(
      /^Echo me\n1 \[AUN-SDK\.send\]\n\d\d:\d\d:\d\d\.\d{3} \[AUN-Gateway\.route\] aid=nora\.demo\.example conn_uptime=\d+s\n.* \[AUN-Message\.relay\] /,
    );
  });

  it('61: leaves other plaintext, long text and second lines alone', async () => {
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    const texts = ['hello', 'first\necho', `echo${'x'.repeat(4_093)}`];
    for (const text of texts) await n.call('message.send', { to: otto, payload: { type: 'text', text } });
    await o.event('event/message.received', 3);
    expect(
      o.eventsOf('event/message.received').map((event) => (event.params.payload as { text: string }).text),
    ).toEqual(texts);
  });

  it('62, 63: diag answers carry spans, log answers nothing, the push carries the trace id', async () => {
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    const id = '0123456789abcdef0123456789abcdef';
    const send = (mode: string) =>
      n.request('message.send', {
        to: otto,
        payload: 'x',
        _trace: { trace_id: id, mode, spans: [{ node: 'sdk', ts: 1, action: 'send', secret: { a: 1 } }] },
      });
    const diag = (await send('diag'))._trace as {
      mode: string;
      trace_id: string;
      spans: Record<string, unknown>[];
    };
    expect(diag).toMatchObject({ trace_id: id, mode: 'diag' });
    expect(diag.spans.map((span) => [span.node, span.action])).toEqual([
      ['sdk', 'send'],
      ['gateway', 'relay_in'],
      ['message', 'process'],
      ['gateway', 'relay_out'],
    ]);
    expect(diag.spans[0]).not.toHaveProperty('secret');
    expect(Number(diag.spans[3]?.ms)).toBeGreaterThanOrEqual(1);
    expect(await send('log')).not.toHaveProperty('_trace');
    const events = [await o.event('event/message.received'), await o.event('event/message.received', 2)];
    expect(events.map((event) => event.params._trace)).toEqual([
      { trace_id: id, mode: 'diag' },
      { trace_id: id, mode: 'log' },
    ]);
  });

  it('emits `_meta` for published agent.md only, throttled, and at once after a change', async () => {
    edge.cards.set(nora, { etag: '"n1"', lastModified: 'Thu, 01 Jan 2026 00:00:00 GMT' });
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    const send = () => n.request('message.send', { to: otto, payload: 'x' });
    const first = await send();
    const requester = { aid: nora, etag: '"n1"', last_modified: 'Thu, 01 Jan 2026 00:00:00 GMT' };
    expect(first._meta).toEqual({ agent_md_etag: '"n1"', agent_md_etags: { requester } });
    expect(first.result).not.toHaveProperty('_meta');
    expect((await o.event('event/message.received')).meta).toEqual({ agent_md_etags: { peer: requester } });
    expect(await send()).not.toHaveProperty('_meta');
    edge.cards.set(otto, { etag: '"o1"', lastModified: 'Thu, 01 Jan 2026 01:00:00 GMT' });
    edge.edge.agentMdChanged(otto);
    expect((await send())._meta).toMatchObject({ agent_md_etags: { peer: { aid: otto, etag: '"o1"' } } });
  });

  it('verifies a client signature that is present, does not demand one, and tolerates another params hash', async () => {
    const [n] = [await edge.connect(nora), await edge.connect(otto)];
    const params = { to: otto, payload: { type: 'text', text: 'signed' } };
    const sign = (identity: KnownAid, method = 'message.send', now = Date.now()) =>
      buildClientSignature({
        method,
        params,
        aid: nora,
        privateKey: identity.key,
        certFingerprint: noraId.fingerprint,
        now,
      });
    await n.call('message.send', { ...params, client_signature: sign(noraId) });
    await n.call('message.send', { ...params, payload: 'other', client_signature: sign(noraId) });
    const bad = [
      sign(noraId, 'message.recall'),
      sign(noraId, 'message.send', Date.now() - 400_000),
      { ...sign(noraId), aid: otto },
      { ...sign(noraId), cert_fingerprint: `sha256:${'0'.repeat(64)}` },
      { ...sign(noraId), signature: 'AAAA' },
      'nonsense',
    ];
    for (const client_signature of bad) {
      expect((await n.refused('message.send', { ...params, client_signature })).code).toBe(-32051);
    }
  });

  it('meta.status tells who is connected', async () => {
    const n = await edge.connect(nora);
    expect(await n.call('meta.status')).toMatchObject({
      mode: 'gateway',
      aid: nora,
      role: 'aid',
      protocol_version: '1.0',
    });
  });
});

describe('queue mode (04 §15)', () => {
  it('gives each message to one worker in turn, stores no content, and pulls it again from the ring', async () => {
    const n = await edge.connect(nora);
    const workers = [
      await edge.connect(otto, { device: 'w-1', mode: 'queue' }),
      await edge.connect(otto, { device: 'w-2', mode: 'queue' }),
    ] as const;
    const results = [];
    for (let i = 0; i < 4; i += 1)
      results.push(await n.call('message.send', { to: otto, payload: { n: i } }));
    expect(results.map((result) => [result.delivery_mode, result.status])).toEqual(
      Array(4).fill(['queue', 'delivered']),
    );
    await Promise.all(workers.map((worker) => worker.event('event/message.received', 2)));
    const got = workers.map((worker) =>
      worker.eventsOf('event/message.received').map((event) => (event.params.payload as { n: number }).n),
    );
    expect(got).toEqual([
      [0, 2],
      [1, 3],
    ]);
    const page = await workers[0].call('message.v2.pull', {});
    expect(page).toMatchObject({ count: 2, ephemeral_earliest_available_seq: 1, ephemeral_dropped_count: 0 });
    expect(edge.db.rawAll('SELECT count(*) AS n FROM inbox')[0]?.n).toBe(0);
    expect(edge.db.rawAll('SELECT DISTINCT content FROM bodies')).toEqual([{ content: '' }]);
    expect(await n.call('message.recall', { message_ids: [results[0].message_id] })).toMatchObject({
      recalled: 0,
    });
  });

  it('knows a repeat as long as any other message, in the ring and after it', async () => {
    const n = await edge.connect(nora);
    const worker = await edge.connect(otto, { mode: 'queue' });
    const send = { to: otto, payload: 'x', message_id: 'job-1' };
    const first = await n.call('message.send', send);
    expect(await n.call('message.send', send)).toEqual({ ...first, status: 'duplicate' });
    await worker.close();
    expect(await n.call('message.send', send)).toEqual({
      message_id: 'job-1',
      timestamp: first.timestamp,
      status: 'duplicate',
    });
    const later = await edge.connect(otto, { mode: 'queue', device: 'w-2' });
    edge.db.exec(`UPDATE bodies SET t_server = t_server - 400000`);
    await n.call('message.send', { ...send, message_id: 'job-2' });
    await later.event('event/message.received');
    expect(later.eventsOf('event/message.received')).toHaveLength(1);
  });

  it('falls back to storage when no worker is live, and delivers an encrypted message inline', async () => {
    const n = await edge.connect(nora);
    const worker = await edge.connect(otto, { mode: 'queue', routing: 'sender_affinity' });
    const sent = await n.call('message.send', { to: otto, payload: envelope({ from: nora, to: otto }) });
    expect(sent).toMatchObject({ delivery_mode: 'queue' });
    expect((await worker.event('event/peer.v2.message_received')).params).toHaveProperty('envelope_json');
    await worker.close();
    const stored = await n.call('message.send', { to: otto, payload: 'x' });
    expect(stored).toMatchObject({ delivery_mode: 'fanout', status: 'sent', seq: 2 });
  });
});

describe('two issuers on one gateway (04 §18)', () => {
  it('delivers across them, says so to the sender, and tells nothing about proximity', async () => {
    const peer = edge.register('pera', 'other.example').aid;
    const [n, p] = [await edge.connect(nora), await edge.connect(peer)];
    const plain = await n.call('message.send', { to: peer, payload: 'x' });
    expect(plain).toMatchObject({ cross_domain: true, target_issuer: 'other.example', seq: 1 });
    const sealed = await n.call('message.send', { to: peer, payload: envelope({ from: nora, to: peer }) });
    expect(sealed).toMatchObject({ cross_domain: true, status: 'delivered' });
    const { messages } = await p.call('message.v2.pull', {});
    expect(messages).toMatchObject([
      { same_device: false, same_egress_ip: false, same_network: false },
      { same_device: false, same_egress_ip: false, same_network: false },
    ]);
  });
});
