import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import { sweepAcked, sweepExpired } from '../../src/services/message/retention.js';
import { createAckMarks } from '../../src/store/ack-marks.js';
import { configuredEdges, DAY, HOUR, nora, otto, pair, text } from './support/configured.js';
import { retentionDeps } from './support/retention.js';

const start = configuredEdges();

describe('retention (04 §20)', () => {
  it('acked_ttl: is at least an hour and the recall window, and a replay never outlives the dedup key', () => {
    expect(() => loadConfig({ overrides: { limits: { ackedTtlMs: HOUR - 1 } } })).toThrow(
      'limits.ackedTtlMs',
    );
    expect(() =>
      loadConfig({ overrides: { limits: { ackedTtlMs: HOUR, recallWindowMs: HOUR + 1 } } }),
    ).toThrow('must not be shorter than limits.recallWindowMs');
    expect(() => loadConfig({ overrides: { limits: { sendSkewBehindMs: 8 * DAY } } })).toThrow(
      'a replay would pass',
    );
    expect(() => loadConfig({ overrides: { limits: { dedupRetentionMs: DAY - 1 } } })).toThrow(
      'dedupRetentionMs',
    );
  });

  it('acked_ttl: rows go that long after the last slot of the device passed them, and raise the floor', async () => {
    const edge = await start();
    const n = await edge.connect(nora);
    const first = await edge.connect(otto, { slot: 'first' });
    const second = await edge.connect(otto, { slot: 'second' });
    for (const body of ['a', 'b', 'c']) await n.call('message.send', { to: otto, payload: text(body) });
    await first.call('message.v2.ack', { up_to_seq: 3 });
    await second.call('message.v2.ack', { up_to_seq: 2 });
    const now = Date.now();
    const flush = async () => {
      // A further slot makes the pending cursors reach the disk: it starts with the lowest of them.
      const other = await edge.connect(otto, { slot: `look-${Math.random().toString(16).slice(2)}` });
      await other.call('message.v2.ack', { up_to_seq: 2 });
    };
    await flush();
    createAckMarks(edge.db).mark(now);
    expect(sweepAcked(retentionDeps(edge, {}, now + DAY - 1))).toBe(false);
    const forced = async () => first.call('message.v2.pull', { after_seq: 0, force: true });
    expect((await forced()).messages.map((one: { seq: number }) => one.seq)).toEqual([1, 2, 3]);
    sweepAcked(retentionDeps(edge, {}, now + DAY));
    expect(await forced()).toMatchObject({
      count: 1,
      latest_seq: 3,
      retention_floor_seq: 2,
      earliest_available_seq: 3,
      server_ack_seq: 3,
    });
    expect(await second.call('message.v2.pull', { after_seq: 0 })).toMatchObject({
      count: 1,
      server_ack_seq: 2,
    });
  });

  it('acked_ttl: a body stays while another device has its row', async () => {
    const edge = await start();
    const n = await edge.connect(nora);
    const one = await edge.connect(otto, { device: 'd-one' });
    const two = await edge.connect(otto, { device: 'd-two' });
    await n.call('message.send', { to: otto, payload: text('a') });
    await one.call('message.v2.ack', { up_to_seq: 1 });
    await edge.connect(otto, { device: 'd-one', slot: 'other' });
    createAckMarks(edge.db).mark(Date.now());
    sweepAcked(retentionDeps(edge, {}, Date.now() + DAY + 1));
    expect(await one.call('message.v2.pull', { force: true })).toMatchObject({
      count: 0,
      retention_floor_seq: 1,
    });
    expect(await two.call('message.v2.pull', {})).toMatchObject({ count: 1, retention_floor_seq: 0 });
  });

  it('dedup_retention: a repeat after the message is gone is a duplicate without seq and delivery_mode', async () => {
    const edge = await start({ fanoutTtlMs: 60_000, ackedTtlMs: HOUR });
    const [n, o] = await pair(edge);
    const send = { to: otto, payload: text('a'), message_id: 'ord-1' };
    const { timestamp } = await n.call('message.send', send);
    const expired = Date.now() + 60_001;
    sweepExpired(retentionDeps(edge, { fanoutTtlMs: 60_000 }, expired));
    expect(await n.call('message.send', { ...send, payload: text('other') })).toEqual({
      message_id: 'ord-1',
      timestamp,
      status: 'duplicate',
    });
    expect(await n.call('message.recall', { message_ids: ['ord-1'] })).toMatchObject({
      recalled: 0,
      errors: [{ message_id: 'ord-1', error: 'not_found' }],
    });
    expect(await o.call('message.v2.pull', { force: true })).toMatchObject({ count: 0 });
    expect(JSON.stringify(edge.db.rawAll('SELECT content FROM bodies'))).not.toContain('text');
    sweepExpired(retentionDeps(edge, { fanoutTtlMs: 60_000 }, expired + DAY));
    expect(await n.call('message.send', send)).toMatchObject({ seq: 2, status: 'delivered' });
  });
});
