import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectParams, type TestClient } from './support/client.js';
import { startEdge, type TestEdge } from './support/edge.js';
import { envelope } from './support/envelope.js';

const nora = 'nora.demo.example';
const otto = 'otto.demo.example';
const agent = 'pusher.demo.example';

let edge: TestEdge;
beforeEach(async () => {
  edge = await startEdge({ push: { allowedNotifyAids: [agent], coolDownMs: 0, windowMs: 1 } });
  for (const name of ['nora', 'otto', 'pusher']) edge.register(name);
});
afterEach(async () => {
  expect(edge.errors).toEqual([]);
  await edge.stop();
});

const connectWith = async (aid: string, extra: object): Promise<TestClient> => {
  const client = await edge.open();
  await client.call('auth.connect', { ...connectParams(client, aid), ...extra });
  return client;
};
const stored = () => edge.db.rawAll('SELECT aid, push_notify_aid, push_token FROM push_config');

describe('offline push on the wire (04 §19)', () => {
  it('registers by connect params, both or neither, the last one wins', async () => {
    await (await connectWith(otto, { push_notify_aid: agent, push_token: 'tok-1' })).close();
    expect(stored()).toEqual([{ aid: otto, push_notify_aid: agent, push_token: 'tok-1' }]);
    for (const half of [
      { push_notify_aid: agent },
      { push_token: 'x' },
      { push_notify_aid: 7, push_token: 'x' },
      {},
    ]) {
      await (await connectWith(otto, half)).close();
    }
    await (await connectWith(otto, { push_notify_aid: 'other.demo.example', push_token: 'x' })).close();
    expect(stored()).toMatchObject([{ push_token: 'tok-1' }]);
    await (await connectWith(otto, { push_notify_aid: agent, push_token: 'tok-2' })).close();
    expect(stored()).toMatchObject([{ push_token: 'tok-2' }]);
  });

  it('registers by push.update_config, silently nothing for an agent that is not allowed', async () => {
    const o = await edge.connect(otto);
    const update = (push_notify_aid: unknown, push_token: unknown) =>
      o.request('push.update_config', { push_notify_aid, push_token });
    expect(await update('other.demo.example', 't')).toMatchObject({ result: { success: true } });
    expect(stored()).toEqual([]);
    expect(await update(agent, 't')).toMatchObject({ result: { success: true } });
    expect(stored()).toMatchObject([{ aid: otto, push_token: 't' }]);
    for (const wrong of [[agent, ''], ['', 't'], [agent, 5], [agent]]) {
      expect(await update(wrong[0], wrong[1])).toMatchObject({ error: { code: -32602 } });
    }
    expect(await update('', '')).toMatchObject({ result: { success: true } });
    expect(stored()).toEqual([]);
  });

  it('tells the agent once per message, whatever the number of devices, and not of copies and recalls', async () => {
    const o = await connectWith(otto, { push_notify_aid: agent, push_token: 'tok' });
    await (await edge.connect(otto, { device: 'd-2' })).close();
    await o.close();
    const p = await edge.connect(agent);
    const n = await edge.connect(nora);
    await n.call('message.send', { to: otto, payload: envelope({ from: nora, to: otto, messageId: 'm-1' }) });
    const { params } = await p.event('event/push.offline_message');
    expect(params.items).toEqual([
      {
        target_aid: otto,
        push_token: 'tok',
        summary: { unread_count: 1, senders: [nora], latest_ts: expect.any(Number), group_ids: [] },
      },
    ]);
    expect(await p.call('push.ack', { batch_id: params.batch_id })).toEqual({ success: true });
    await n.call('message.recall', { message_ids: ['m-1'] });
    await n.call('message.send', { to: otto, payload: 'two' });
    const second = await p.event('event/push.offline_message', 2);
    expect(second.params.items).toMatchObject([{ summary: { unread_count: 1 } }]);
    await p.call('push.ack', { batch_id: second.params.batch_id });
    await edge.connect(otto);
    await n.call('message.send', { to: otto, payload: 'three' });
    await p.settle();
    expect(p.eventsOf('event/push.offline_message')).toHaveLength(2);
  });

  it('answers both methods while the feature is off', async () => {
    const plain = await startEdge();
    plain.register('nora');
    const n = await plain.connect(nora);
    expect(await n.call('push.update_config', { push_notify_aid: agent, push_token: 't' })).toEqual({
      success: true,
    });
    expect(await n.call('push.ack', { batch_id: 'b' })).toEqual({ success: true });
    expect(plain.db.rawAll('SELECT aid FROM push_config')).toEqual([]);
    await plain.stop();
  });
});
