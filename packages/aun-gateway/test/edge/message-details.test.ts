import { describe, expect, it } from 'vitest';
import { nora, otto, text } from './support/configured.js';
import { edges } from './support/edges.js';
import { envelope, row } from './support/envelope.js';

const start = edges();

describe('pulls (04 §7)', () => {
  it('clamp a limit of any size', async () => {
    const edge = await start();
    const [n, o] = [await edge.connect(nora), await edge.connect(otto)];
    for (const body of ['1', '2']) await n.call('message.send', { to: otto, payload: text(body) });
    for (const [limit, count] of [
      [1e20, 2],
      [-1e20, 1],
      [0, 1],
      [200, 2],
    ]) {
      for (const method of ['message.v2.pull', 'message.pull']) {
        expect(await o.call(method, { after_seq: 0, limit })).toMatchObject({ count });
      }
    }
    expect((await o.refused('message.v2.pull', { limit: 1.5 })).code).toBe(-32602);
  });

  it('say where the sender is on stubs too (04 §17)', async () => {
    const edge = await start();
    const [n, o] = [await edge.connect(nora), await edge.connect(otto, { lang: 'go', device: 'd-1' })];
    await n.call('message.send', { to: otto, payload: text('x'.repeat(40_000)) });
    const near = { same_device: true, same_egress_ip: true, same_network: true };
    for (const method of ['message.v2.pull', 'message.pull']) {
      const { messages } = await o.call(method, { after_seq: 0 });
      expect(messages).toMatchObject([
        { ...near, proximity: { ...near, basis: 'egress_ip', asserted_by: 'gateway' } },
      ]);
    }
  });
});

describe('recalls (04 §9)', () => {
  it('answer for each id, also for those that no message can have', async () => {
    const edge = await start();
    const [n] = [await edge.connect(nora), await edge.connect(otto)];
    await n.call('message.send', { to: otto, payload: 'x', message_id: 'ord-1' });
    const never = ['', 'i'.repeat(129), 'ord-1\u0000'];
    expect(await n.call('message.recall', { message_ids: [...never, 'ord-1'] })).toEqual({
      success: true,
      accepted: 4,
      recalled: 1,
      errors: never.map((message_id) => ({ message_id, error: 'not_found' })),
    });
  });
});

describe('refusals begin with a stable reason (02 §3.2)', () => {
  it('whatever is wrong with a message', async () => {
    const edge = await start();
    const [n] = [await edge.connect(nora), await edge.connect(otto)];
    const sealed = envelope({ from: nora, to: otto });
    const context = { type: 'run', id: '1' };
    const cases: [string, object, RegExp][] = [
      ['message.send', { to: otto }, /^invalid_params: payload is required$/],
      ['message.send', { to: 'group.demo.example', payload: 'x' }, /^invalid_params: to: use group\.send/],
      ['message.send', { to: 'nobody', payload: 'x' }, /^invalid_params: to: /],
      [
        'message.send',
        { to: otto, payload: 'x'.repeat(1_000_000) },
        /^invalid_params: payload is 1,000,002 /,
      ],
      [
        'message.send',
        { to: otto, payload: { type: 'message.recalled' } },
        /^invalid_params: payload\.type /,
      ],
      ['message.send', { to: otto, payload: { ...sealed, recipients: [] } }, /^invalid_params: payload\.rec/],
      [
        'message.send',
        { to: otto, payload: envelope({ from: nora, to: otto, rows: [row(otto, 'd-9', 'peer')] }) },
        /^(recipient_mismatch|device_not_found: no registered devices): payload\.recipients: /,
      ],
      ['message.v2.bootstrap', { peer_aid: 'nobody' }, /^invalid_params: peer_aid: /],
      ['message.thought.put', { to: otto, context, payload: 'x' }, /^invalid_params: payload must be /],
      ['message.thought.get', { sender_aid: nora, context }, /^invalid_params: peer_aid is required/],
      ['message.ack', { seq: 1, device_id: 'd-9' }, /^invalid_params: device_id is not /],
      ['message.pull', { slot_id: 'other' }, /^invalid_params: slot_id is not /],
      ['message.v2.put_peer_pk', { peer_aid: nora }, /^invalid_params: key_source/],
      [
        'push.update_config',
        { push_notify_aid: otto, push_token: '' },
        /^invalid_params: push_notify_aid and /,
      ],
    ];
    for (const [method, params, message] of cases) {
      expect((await n.refused(method, params as never)).message).toMatch(message);
    }
  });
});
