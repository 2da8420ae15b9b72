import { describe, expect, it } from 'vitest';
import { configuredEdges, nora, otto, pair, text } from './support/configured.js';
import { envelope } from './support/envelope.js';

const start = configuredEdges();

describe('what a sender may not claim', () => {
  it('another AID, another device or another recipient in the envelope', async () => {
    const edge = await start();
    const [n] = await pair(edge);
    const forged: [object, string][] = [
      [envelope({ from: otto, to: otto }), 'payload.aad.from'],
      [envelope({ from: nora, to: otto, device: 'd-9' }), 'payload.aad.from_device'],
      [envelope({ from: nora, to: nora }), 'payload.aad.to'],
    ];
    for (const [payload, field] of forged) {
      expect(await n.refused('message.send', { to: otto, payload })).toMatchObject({
        code: -32602,
        data: { field },
      });
    }
  });

  it('another content under a used id: the first stays', async () => {
    const edge = await start();
    const [n, o] = await pair(edge);
    const first = await n.call('message.send', { to: otto, payload: text('one'), message_id: 'same' });
    expect(await n.call('message.send', { to: otto, payload: text('two'), message_id: 'same' })).toEqual({
      ...first,
      status: 'duplicate',
    });
    const page = await o.call('message.v2.pull', { after_seq: 0 });
    expect(page.messages.map((one: { legacy_v1: object }) => one.legacy_v1)).toMatchObject([
      { payload: text('one') },
    ]);
  });

  it('acks beyond the head: the cursor stays, later messages are delivered', async () => {
    const edge = await start();
    const [n, o] = await pair(edge);
    await n.call('message.send', { to: otto, payload: text('a') });
    expect(await o.call('message.ack', { seq: 9_007_199_254_740_991 })).toEqual({
      success: true,
      ack_seq: 0,
    });
    expect(await o.call('message.v2.pull', { after_seq: 0, ack_up_to_seq: 77 })).toMatchObject({
      count: 1,
      server_ack_seq: 0,
    });
    for (const bad of [-1, 1.5, '3', null, undefined]) {
      expect((await o.refused('message.v2.ack', { up_to_seq: bad })).code).toBe(-32602);
    }
    expect(await n.call('message.send', { to: otto, payload: text('b') })).toMatchObject({ seq: 2 });
  });
});

describe('a disk without space', () => {
  it('refuses with 5003, stores no part of a message, keeps acks, and goes on by itself', async () => {
    const edge = await start();
    const n = await edge.connect(nora, { device: 'd-n1' });
    await edge.connect(nora, { device: 'd-n2' });
    const one = await edge.connect(otto, { device: 'd-1' });
    await edge.connect(otto, { device: 'd-2' });
    await n.call('message.send', { to: otto, payload: text('before') });
    const counts = () =>
      ['bodies', 'inbox'].map((table) => edge.db.rawAll(`SELECT count(*) AS n FROM ${table}`)[0]?.n);
    const heads = () => edge.db.rawAll('SELECT head_seq FROM devices ORDER BY device_no');
    const before = [counts(), heads()];
    const pages = Number(edge.db.rawAll('PRAGMA page_count')[0]?.page_count);
    edge.db.exec(`PRAGMA max_page_count = ${pages + 1}`);
    const payload = envelope({ from: nora, device: 'd-n1', to: otto, bytes: 200_000, messageId: 'm-full' });
    for (const big of [
      { to: otto, payload },
      { to: otto, payload: 'x'.repeat(300_000), message_id: 'p-full' },
    ]) {
      expect(await n.refused('message.send', big)).toMatchObject({
        code: 5003,
        message: expect.stringContaining('no_service'),
      });
    }
    expect([counts(), heads()]).toEqual(before);
    expect(await one.call('message.v2.ack', { up_to_seq: 1 })).toMatchObject({ ack_seq: 1 });
    expect(await one.call('message.v2.pull', { after_seq: 0, force: true })).toMatchObject({ count: 1 });
    edge.db.exec('PRAGMA max_page_count = 1000000');
    expect(await n.call('message.send', { to: otto, payload })).toMatchObject({ status: 'delivered' });
    expect(await one.call('message.v2.pull', { after_seq: 1 })).toMatchObject({ count: 1, latest_seq: 2 });
    edge.errors.length = 0;
  });
});
