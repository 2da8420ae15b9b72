import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import { defaultEdgeLimits } from '../../src/default-edge-limits.js';
import { createQueueRings } from '../../src/services/message/queue-ring.js';
import { createThoughtStore } from '../../src/services/message/thought-store.js';
import { configuredEdges, DAY, nora, otto, pair, text } from './support/configured.js';
import { envelope, row } from './support/envelope.js';

const start = configuredEdges();

describe('the keys of 04 §20', () => {
  it('have the defaults of the chapter', () => {
    expect(defaultEdgeLimits).toMatchObject({
      fanoutTtlMs: 7 * DAY,
      ackedTtlMs: DAY,
      dedupRetentionMs: DAY,
      deviceActiveWindowMs: 30 * DAY,
      maxActiveDevices: 32,
      inboxMaxUnacked: 100_000,
      pullMaxLimit: 50,
      payloadMaxBytes: 1_000_000,
      recallWindowMs: 120_000,
      sendSkewAheadMs: 300_000,
      sendSkewBehindMs: 86_400_000,
      maxThoughtHeadsPerSender: 100,
      queueRingTtlMs: 300_000,
      queueRingSize: 200,
      sendRate: 0,
      offlinePerSender: 0,
      wrapPolicy: '1DH/aid',
      verifyClientSignature: 'signature',
      traceMaxMode: 'log',
      auditAids: [],
      pushInline: true,
    });
  });

  it('come from file, environment and flag alike', () => {
    const names = Object.keys(defaultEdgeLimits).filter((name) => name !== 'auditAids');
    for (const name of [
      'ackedTtlMs',
      'dedupRetentionMs',
      'queueRingSize',
      'offlinePerSender',
      'pullMaxLimit',
    ]) {
      expect(names).toContain(name);
      const value = name.endsWith('Ms') ? 2 * DAY : 7;
      const env = `AUN_GATEWAY_LIMITS_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
      expect(loadConfig({ env: { [env]: String(value) } }).limits).toMatchObject({ [name]: value });
      expect(loadConfig({ assignments: [`limits.${name}=${value}`] }).limits).toMatchObject({
        [name]: value,
      });
    }
  });

  it('device_active_window, max_active_devices: old and surplus devices get nothing, the newest always', async () => {
    const edge = await start({ deviceActiveWindowMs: 1_000, maxActiveDevices: 2 });
    const n = await edge.connect(nora);
    for (const device of ['d-1', 'd-2', 'd-3']) await (await edge.connect(otto, { device })).close();
    const age = (device: string, ms: number) =>
      edge.db.exec(
        `UPDATE devices SET last_seen = ${Date.now() - ms} WHERE device_id = '${device}' AND owner_aid = '${otto}'`,
      );
    const reached = async () => {
      await n.call('message.send', { to: otto, payload: text('a') });
      const rows = edge.db.rawAll(
        `SELECT device_id, head_seq FROM devices WHERE owner_aid = '${otto}' ORDER BY device_id`,
      );
      return rows.map((found) => found.head_seq);
    };
    age('d-1', 300);
    age('d-2', 200);
    age('d-3', 100);
    expect(await reached()).toEqual([0, 1, 1]);
    age('d-1', 80_000);
    age('d-2', 60_000);
    expect(await reached()).toEqual([0, 1, 2]);
    for (const device of ['d-1', 'd-2', 'd-3']) age(device, device === 'd-1' ? 90_000 : 99_000);
    expect(await reached()).toEqual([1, 1, 2]);
  });

  it('offline_per_sender: limits what one sender may leave, not what others may', async () => {
    const edge = await start({ offlinePerSender: 2 });
    const [n, o] = await pair(edge);
    const e = await edge.connect(edge.register('eva1').aid);
    for (const body of ['a', 'b']) await n.call('message.send', { to: otto, payload: text(body) });
    expect(await n.refused('message.send', { to: otto, payload: text('c') })).toMatchObject({
      code: -32029,
      message: 'rate limited: 2 of your messages wait for this recipient',
      data: { limit: 2, retry_after: 60 },
    });
    await e.call('message.send', { to: otto, payload: text('d') });
    await o.call('message.v2.ack', { up_to_seq: 2 });
    await n.call('message.send', { to: otto, payload: text('c') });
  });

  it('inbox_max_unacked: a full inbox refuses plain and encrypted sends with `recipient inbox full`', async () => {
    const edge = await start({ inboxMaxUnacked: 1 });
    const [n] = await pair(edge);
    await n.call('message.send', { to: otto, payload: text('a') });
    for (const payload of [text('b'), envelope({ from: nora, to: otto })]) {
      expect(await n.refused('message.send', { to: otto, payload })).toMatchObject({
        code: -32029,
        message: 'rate limited: recipient inbox full (1 messages wait)',
      });
    }
  });

  it('inbox_max_unacked: counts messages, not numbers that a healed head has skipped', async () => {
    const edge = await start({ inboxMaxUnacked: 2 });
    const [n, o] = await pair(edge);
    await o.call('message.v2.pull', { after_seq: 500_000 });
    await o.settle();
    for (const seq of [500_001, 500_002]) {
      expect(await n.call('message.send', { to: otto, payload: text('a') })).toMatchObject({ seq });
    }
    expect((await n.refused('message.send', { to: otto, payload: text('c') })).code).toBe(-32029);
  });

  it('pull_max_limit: cuts the page, with has_more', async () => {
    const edge = await start({ pullMaxLimit: 2 });
    const [n, o] = await pair(edge);
    for (const body of ['a', 'b', 'c']) await n.call('message.send', { to: otto, payload: text(body) });
    expect(await o.call('message.v2.pull', { limit: 200 })).toMatchObject({
      count: 2,
      has_more: true,
      latest_seq: 2,
    });
    expect(await o.call('message.pull', { after_seq: 2 })).toMatchObject({ count: 1, has_more: false });
  });

  it('payload_max_bytes: at the limit passes; above it a sentence names both sizes', async () => {
    const edge = await start();
    const [n] = await pair(edge);
    const payloadOf = (bytes: number) => 'x'.repeat(bytes - 2);
    await n.call('message.send', { to: otto, payload: payloadOf(999_999) });
    await n.call('message.send', { to: otto, payload: payloadOf(1_000_000) });
    expect(await n.refused('message.send', { to: otto, payload: payloadOf(1_000_001) })).toMatchObject({
      code: -32602,
      message: 'invalid_params: payload is 1,000,001 bytes, limit 1,000,000: put large content in storage',
      data: { field: 'payload', limit: 1_000_000, size: 1_000_001 },
    });
    // Bytes, not characters.
    expect(await n.refused('message.send', { to: otto, payload: 'é'.repeat(500_000) })).toMatchObject({
      message: expect.stringContaining('payload is 1,000,002 bytes, limit 1,000,000'),
    });
    const thought = envelope({ from: nora, to: otto, bytes: 760_000 });
    expect(
      await n.refused('message.thought.put', {
        to: otto,
        context: { type: 'run', id: '1' },
        payload: thought,
      }),
    ).toMatchObject({ code: -32602, message: expect.stringContaining('limit 1,000,000') });
  });

  it('recall_window: 0 means always', async () => {
    const edge = await start({ recallWindowMs: 0 });
    const [n] = await pair(edge);
    await n.call('message.send', { to: otto, payload: text('a'), message_id: 'old' });
    edge.db.exec(`UPDATE bodies SET t_server = t_server - ${6 * DAY}`);
    expect(await n.call('message.recall', { message_ids: ['old'] })).toMatchObject({
      recalled: 1,
      errors: null,
    });
  });

  it('t_send_skew: refuses envelopes outside the window and names t_send', async () => {
    const edge = await start({ sendSkewAheadMs: 10_000, sendSkewBehindMs: 20_000 });
    const [n] = await pair(edge);
    const at = (offset: number) => {
      const base = envelope({ from: nora, to: otto });
      const time = Date.now() + offset;
      return { ...base, t_send: time, aad: { ...base.aad, timestamp: time } };
    };
    await n.call('message.send', { to: otto, payload: at(8_000) });
    await n.call('message.send', { to: otto, payload: at(-15_000) });
    for (const offset of [12_000, -21_000]) {
      expect(await n.refused('message.send', { to: otto, payload: at(offset) })).toMatchObject({
        code: -32602,
        message: expect.stringContaining('t_send'),
      });
    }
  });

  it('max_thought_heads_per_sender: the least recently updated context goes', async () => {
    const edge = await start({ maxThoughtHeadsPerSender: 2 });
    const [n, o] = await pair(edge);
    const put = (id: string) =>
      n.call('message.thought.put', {
        to: otto,
        context: { type: 'run', id },
        payload: envelope({ from: nora, to: otto }),
      });
    for (const id of ['a', 'b', 'a', 'c']) await put(id);
    const found = async (id: string) =>
      (await o.call('message.thought.get', { sender_aid: nora, context: { type: 'run', id } })).found;
    expect([await found('a'), await found('b'), await found('c')]).toEqual([true, false, true]);
  });

  it('thoughts of all senders together stay within a bound, the oldest contexts go', () => {
    const store = createThoughtStore(100, 1_000);
    const key = (sender: string) => ({ sender, peer: otto, contextType: 'run', contextId: '1' });
    const put = (sender: string, thoughtId: string, now: number) =>
      store.put(key(sender), { thoughtId, payloadText: 'x'.repeat(300), createdAt: now });
    put('a', '1', 1);
    put('b', '1', 2);
    put('a', '2', 3);
    put('c', '1', 4);
    expect(['a', 'b', 'c'].map((sender) => store.get(key(sender), 5)?.thoughts.length ?? 0)).toEqual([
      2, 0, 1,
    ]);
    put('a', '2', 6);
    store.sweep(DAY + 5);
    expect(store.get(key('c'), 5)).toBeNull();
    expect(store.get(key('a'), 5)?.thoughts).toHaveLength(2);
  });

  it('queue_ring_ttl, queue_ring_size: bound what a worker can pull again', () => {
    let now = 0;
    const rings = createQueueRings({ now: () => now, ttlMs: 100, size: 2 });
    const add = (seq: number) => rings.add(otto, { deviceNo: 1, row: { seq } as never, at: now });
    for (const seq of [1, 2, 3]) add(seq);
    expect(rings.of(otto)).toMatchObject({ rows: [{ row: { seq: 2 } }, { row: { seq: 3 } }], dropped: 1 });
    now = 50;
    add(4);
    now = 120;
    expect(rings.of(otto)).toMatchObject({ rows: [{ row: { seq: 4 } }], dropped: 3 });
  });

  it('queue_ring_size: counts as dropped what was pushed out', async () => {
    const edge = await start({ queueRingSize: 2 });
    const n = await edge.connect(nora);
    const o = await edge.connect(otto, { mode: 'queue' });
    for (const body of ['a', 'b', 'c']) await n.call('message.send', { to: otto, payload: text(body) });
    expect(await o.call('message.v2.pull', { after_seq: 0, force: true })).toMatchObject({
      count: 2,
      ephemeral_earliest_available_seq: 2,
      ephemeral_dropped_count: 1,
    });
  });

  it('send_rate: refuses beyond the burst; without a burst it is ten times the rate', async () => {
    const edge = await start({ sendRate: 0.1, sendBurst: 2 });
    const [n] = await pair(edge);
    for (const body of ['a', 'b']) await n.call('message.send', { to: otto, payload: text(body) });
    expect(await n.refused('message.send', { to: otto, payload: text('c') })).toMatchObject({
      code: -32029,
      message: expect.stringContaining('rate limited'),
      data: { retry_after: expect.any(Number) },
    });
    const wide = await start({ sendRate: 0.5 });
    const w = await wide.connect(nora);
    await wide.connect(otto);
    for (let i = 0; i < 5; i += 1) await w.call('message.send', { to: otto, payload: text('x') });
    expect((await w.refused('message.send', { to: otto, payload: text('x') })).code).toBe(-32029);
  });

  it('trace_max_mode: off answers and pushes nothing of a trace', async () => {
    const edge = await start({ traceMaxMode: 'off' });
    const [n, o] = await pair(edge);
    const trace = { trace_id: 'a'.repeat(32), mode: 'diag' };
    const frame = await n.request('message.send', { to: otto, payload: text('a'), _trace: trace });
    expect(frame).not.toHaveProperty('_trace');
    expect((await o.event('event/message.received')).params).not.toHaveProperty('_trace');
  });

  it('audit_aids: every envelope must include them, bootstrap names them, their devices get the message', async () => {
    const audit = 'audit.demo.example';
    const edge = await start({ auditAids: [audit] });
    edge.register('audit');
    const [n, o] = await pair(edge);
    const a = await edge.connect(audit, { device: 'd-audit' });
    const boot = await n.call('message.v2.bootstrap', { peer_aid: otto });
    expect(boot.audit_recipients).toMatchObject([{ aid: audit, device_id: 'd-audit' }]);
    expect(Object.keys(boot.certs)).toEqual([otto, audit]);
    const missing = await n.refused('message.send', {
      to: otto,
      payload: envelope({ from: nora, to: otto }),
    });
    expect(missing.code).toBe(-33050);
    const rows = [row(nora, '', 'self_sync'), row(otto, '', 'peer'), row(audit, '', 'audit')];
    await n.call('message.send', { to: otto, payload: envelope({ from: nora, to: otto, rows }) });
    expect((await a.event('event/peer.v2.message_received')).params).toMatchObject({
      direction: 'inbound',
      to: otto,
    });
    await o.event('event/peer.v2.message_received');
  });

  it('push_inline: off means hints only', async () => {
    const edge = await start({ pushInline: false });
    const [n, o] = await pair(edge);
    await n.call('message.send', { to: otto, payload: envelope({ from: nora, to: otto, messageId: 'm-1' }) });
    expect((await o.event('event/peer.v2.message_received')).params).toEqual({
      seq: 1,
      message_id: 'm-1',
      from_aid: nora,
      device_id: 'd-1',
    });
  });

  it('e2ee_wrap_policy: 3DH/device gives prekeys to capable clients too', async () => {
    const edge = await start({ wrapPolicy: '3DH/device' });
    const [n] = await pair(edge);
    const capabilities = { version: 'v2.1', protocols: ['1DH', '3DH'], scopes: ['aid', 'device'] };
    const boot = await n.call('message.v2.bootstrap', {
      peer_aid: otto,
      e2ee_wrap_capabilities: { ...capabilities, per_aid_wrap: true, per_device_wrap: true },
    });
    expect(boot.e2ee_wrap_policy).toMatchObject({
      protocol: '3DH',
      scope: 'device',
      per_aid_wrap: false,
      per_device_wrap: true,
    });
  });
});
