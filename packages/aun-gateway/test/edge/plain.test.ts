import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEdge, type TestEdge } from './support/edge.js';

const nora = 'nora.demo.example';
const otto = 'otto.demo.example';
const text = (body: string) => ({ type: 'text', text: body });

describe('plaintext messages (04 §4, §25.1-25.3)', () => {
  let edge: TestEdge;
  beforeEach(async () => {
    edge = await startEdge();
    edge.register('nora');
    edge.register('otto');
  });
  afterEach(async () => {
    expect(edge.errors).toEqual([]);
    await edge.stop();
  });

  it('9: delivers five messages in order with contiguous seqs, at once and paced', async () => {
    const [n, o] = await Promise.all([edge.connect(nora), edge.connect(otto)]);
    const results = await Promise.all(
      [1, 2, 3, 4, 5].map((i) => n.call('message.send', { to: otto, payload: text(`msg${i}`) })),
    );
    expect(results.map((result) => result.status)).toEqual(Array(5).fill('delivered'));
    await o.event('event/message.received', 5);
    const received = o.eventsOf('event/message.received').map((event) => event.params);
    expect(received.map((message) => message.seq)).toEqual([1, 2, 3, 4, 5]);
    expect(received.map((message) => message.payload)).toEqual([1, 2, 3, 4, 5].map((i) => text(`msg${i}`)));
  });

  it('10, 59: pushes the shape of 04 §12.1 with proximity, and never names a slot or the sender device', async () => {
    const [n, o] = await Promise.all([edge.connect(nora), edge.connect(otto, { device: 'd-otto-1' })]);
    const payload = { ...text('hi'), sender_device_id: 'x', from_device: 'y' };
    const result = await n.call('message.send', { to: otto, payload, message_id: 'ord-1' });
    const { params } = await o.event('event/message.received');
    expect(params).toEqual({
      message_id: 'ord-1',
      from: nora,
      to: otto,
      seq: 1,
      timestamp: result.timestamp,
      type: 'text',
      payload: text('hi'),
      delivery_mode: 'fanout',
      encrypted: false,
      device_id: 'd-otto-1',
      proximity: {
        same_device: false,
        same_egress_ip: true,
        same_network: true,
        basis: 'egress_ip',
        asserted_by: 'gateway',
      },
      same_device: false,
      same_egress_ip: true,
      same_network: true,
    });
  });

  it('keeps the bytes of the payload: number lexemes and key order survive', async () => {
    const [n, o] = await Promise.all([edge.connect(nora), edge.connect(otto)]);
    const payload = '{"z":1.0,"a":1e16,"text":"x"}';
    n.raw(
      `{"jsonrpc":"2.0","id":"a","method":"message.send","params":{"to":"${otto}","payload":${payload}}}`,
    );
    await o.event('event/message.received');
    expect(o.frames.at(-1)).toContain(`"payload":${payload}`);
    await o.call('message.v2.pull', {});
    expect(o.frames.at(-1)).toContain(`"payload":${payload}`);
  });

  it('12, 13: takes a bare string and ignores unknown params', async () => {
    const [n, o] = await Promise.all([edge.connect(nora), edge.connect(otto)]);
    await n.call('message.send', { to: otto, payload: 'plain words', durable: true, _rpc_background: true });
    expect((await o.event('event/message.received')).params.payload).toBe('plain words');
  });

  it('14: stores a message id once and answers the second send as duplicate of the first', async () => {
    const [n, o] = await Promise.all([edge.connect(nora), edge.connect(otto)]);
    const send = () => n.call('message.send', { to: otto, payload: text('once'), message_id: 'ord-7' });
    const first = await send();
    const [second, third] = await Promise.all([send(), send()]);
    expect(second).toEqual({ ...first, status: 'duplicate' });
    expect(third).toEqual(second);
    await n.call('message.send', { to: otto, payload: text('next') });
    await o.event('event/message.received', 2);
    expect(o.eventsOf('event/message.received').map((event) => event.params.seq)).toEqual([1, 2]);
  });

  it('17, 18, 20, 21: judges recipients, and a failed send consumes no seq', async () => {
    edge.register('never');
    const [n, o] = await Promise.all([edge.connect(nora), edge.connect(otto)]);
    await n.call('message.send', { to: otto, payload: text('a') });
    const never = await n.refused('message.send', { to: 'never.demo.example', payload: text('x') });
    expect(never).toMatchObject({ code: -33011, message: expect.stringContaining('no registered devices') });
    expect((await n.refused('message.send', { to: 'ghost.demo.example', payload: 'x' })).code).toBe(-32008);
    expect((await n.refused('message.send', { to: 'ghost.other.example', payload: 'x' })).code).toBe(-32008);
    expect((await n.refused('message.send', { to: 'group.demo.example', payload: 'x' })).code).toBe(-32602);
    expect((await n.refused('message.send', { to: 'Otto', payload: 'x' })).code).toBe(-32602);
    expect((await n.refused('message.send', { to: otto })).data).toEqual({ field: 'payload' });
    expect((await n.refused('message.send', { to: otto, payload: null })).data).toEqual({ field: 'payload' });
    await n.call('message.send', { to: otto, payload: text('b') });
    await o.event('event/message.received', 2);
    expect(o.eventsOf('event/message.received').map((event) => event.params.seq)).toEqual([1, 2]);
  });

  it('says size and limit of a payload above 1,000,000 bytes, and takes one of exactly that size', async () => {
    const [n] = await Promise.all([edge.connect(nora), edge.connect(otto)]);
    const refused = await n.refused('message.send', { to: otto, payload: 'x'.repeat(1_000_000) });
    expect(refused).toMatchObject({
      code: -32602,
      message: 'invalid_params: payload is 1,000,002 bytes, limit 1,000,000: put large content in storage',
      data: { field: 'payload', limit: 1_000_000 },
    });
    const accepted = await n.call('message.send', { to: otto, payload: 'x'.repeat(999_998) });
    expect(accepted.status).toBe('delivered');
  });

  it('refuses a forged recall', async () => {
    const [n] = await Promise.all([edge.connect(nora), edge.connect(otto)]);
    const refused = await n.refused('message.send', { to: otto, payload: { type: 'message.recalled' } });
    expect(refused).toMatchObject({ code: -32602, data: { field: 'payload.type' } });
  });

  it('38: keeps messages for an offline device; pull gives them in the shape of 04 §7.3', async () => {
    const o = await edge.connect(otto);
    await o.close();
    const n = await edge.connect(nora);
    for (const body of ['a', 'b']) {
      expect(await n.call('message.send', { to: otto, payload: text(body) })).toMatchObject({
        status: 'sent',
      });
    }
    const again = await edge.connect(otto);
    const page = await again.call('message.v2.pull', { after_seq: 0 });
    expect(page).toMatchObject({
      count: 2,
      raw_count: 2,
      latest_seq: 2,
      has_more: false,
      server_ack_seq: 0,
      retention_floor_seq: 0,
      earliest_available_seq: null,
      ephemeral_earliest_available_seq: null,
      ephemeral_dropped_count: 0,
    });
    expect(page.messages[0]).toMatchObject({
      version: 'v1',
      seq: 1,
      from_aid: nora,
      type: 'text',
      legacy_v1: { to: otto, payload: text('a') },
      same_egress_ip: true,
    });
    const raw = await again.call('message.pull', { after_seq: 1, device_id: 'd-1', slot_id: 'default' });
    expect(raw.messages).toMatchObject([
      { seq: 2, from: nora, to: otto, payload: text('b'), delivery_mode: 'fanout' },
    ]);
  });

  it('24-26: acks are monotonic and idempotent, and never go beyond the head', async () => {
    const [n, o] = await Promise.all([edge.connect(nora), edge.connect(otto)]);
    for (const body of ['a', 'b', 'c']) await n.call('message.send', { to: otto, payload: text(body) });
    expect(await o.call('message.ack', { seq: 1, device_id: 'd-1' })).toEqual({ success: true, ack_seq: 1 });
    expect(await o.call('message.v2.ack', { up_to_seq: 3 })).toEqual({ success: true, ack_seq: 3, acked: 2 });
    expect(await o.call('message.v2.ack', { up_to_seq: 3 })).toEqual({ success: true, ack_seq: 3, acked: 0 });
    expect(await o.call('message.v2.ack', { up_to_seq: 2 })).toMatchObject({ ack_seq: 3 });
    expect(await o.call('message.v2.ack', { up_to_seq: 0 })).toMatchObject({ success: true });
    expect(await o.call('message.v2.pull', {})).toMatchObject({ count: 0, latest_seq: 3, server_ack_seq: 3 });
    expect(await o.call('message.v2.pull', { force: true, after_seq: 0 })).toMatchObject({ count: 3 });
    expect((await o.refused('message.ack', { seq: 1, device_id: 'other' })).code).toBe(-32602);
    expect((await o.refused('message.pull', { slot_id: 'elsewhere' })).code).toBe(-32602);
  });

  it('27: two slots see one message under one seq and ack it independently', async () => {
    const [n, a, b] = await Promise.all([
      edge.connect(nora),
      edge.connect(otto, { slot: 'alpha' }),
      edge.connect(otto, { slot: 'beta' }),
    ]);
    await n.call('message.send', { to: otto, payload: text('x') });
    expect((await a.event('event/message.received')).params.seq).toBe(1);
    expect((await b.event('event/message.received')).params.seq).toBe(1);
    expect((await a.call('message.v2.ack', { up_to_seq: 1 })).ack_seq).toBe(1);
    expect(await b.call('message.v2.pull', {})).toMatchObject({ count: 1, server_ack_seq: 0 });
    expect((await b.call('message.v2.ack', { up_to_seq: 1 })).ack_seq).toBe(1);
  });

  it('a new slot starts at the lowest cursor of its device (04 §3)', async () => {
    const [n, o] = await Promise.all([edge.connect(nora), edge.connect(otto, { slot: 'one' })]);
    for (const body of ['a', 'b', 'c']) await n.call('message.send', { to: otto, payload: text(body) });
    await o.call('message.v2.ack', { up_to_seq: 2 });
    const late = await edge.connect(otto, { slot: 'two' });
    expect(await late.call('message.v2.pull', {})).toMatchObject({ count: 1, server_ack_seq: 2 });
  });

  it('ack_up_to_seq is applied before the page', async () => {
    const [n, o] = await Promise.all([edge.connect(nora), edge.connect(otto)]);
    for (const body of ['a', 'b', 'c']) await n.call('message.send', { to: otto, payload: text(body) });
    const page = await o.call('message.v2.pull', { after_seq: 0, ack_up_to_seq: 2, limit: 200 });
    expect(page).toMatchObject({ count: 1, server_ack_seq: 2, latest_seq: 3 });
  });
});
