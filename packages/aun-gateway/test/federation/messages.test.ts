import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestClient } from '../edge/support/client.js';
import { envelope, row } from '../edge/support/envelope.js';
import type { TestAgent } from '../support/agent.js';
import { type Two, twoDomains, until } from './two-domains.js';

let two: Two;
let alice: TestAgent;
let bob: TestAgent;
let atA: TestClient;
let atB: TestClient;

beforeAll(async () => {
  two = await twoDomains();
  alice = await two.a.agent('alice');
  bob = await two.b.agent('bobby');
  atA = await two.a.connect(alice);
  atB = await two.b.connect(bob);
}, 30_000);

afterAll(async () => {
  atA?.cut();
  atB?.cut();
  await two?.close();
});

const crossDomain = { cross_domain: true, target_issuer: 'b.localhost' };

describe('message.send to another domain', () => {
  it('delivers plaintext both ways and says where it went', async () => {
    const there = await atA.call('message.send', {
      to: bob.aid,
      payload: { type: 'text', text: 'hello B', ratio: 1 },
      message_id: 'plain-1',
    });
    expect(there).toMatchObject({ message_id: 'plain-1', seq: 1, status: 'delivered', ...crossDomain });
    const { params } = await atB.event('event/message.received');
    expect(params).toMatchObject({ from: alice.aid, to: bob.aid, payload: { text: 'hello B' } });
    expect(params).toMatchObject({ same_device: false, same_egress_ip: false, same_network: false });

    const back = await atB.call('message.send', { to: alice.aid, payload: { text: 'hello A' } });
    expect(back).toMatchObject({ cross_domain: true, target_issuer: 'a.localhost', status: 'delivered' });
    const received = await atA.event('event/message.received');
    expect(received.params).toMatchObject({ from: bob.aid, message_id: back.message_id });
  });

  it('finds the domain of an AID in upper case', async () => {
    const loud = bob.aid.toUpperCase();
    const send = { to: loud, payload: 'x', message_id: 'loud' };
    expect(await atA.call('message.send', send)).toMatchObject({ message_id: 'loud', ...crossDomain });
    expect(await atA.call('message.query_online', { aids: [loud] })).toEqual({ online: { [loud]: true } });
    expect(await atA.call('message.v2.bootstrap', { peer_aid: loud })).toMatchObject({ peer_aid: bob.aid });
  });

  it('keeps the bytes of a payload', async () => {
    const text =
      `{"jsonrpc":"2.0","id":"raw-1","method":"message.send","params":{"_federation":{"from_issuer":"x"},` +
      `"to":"${bob.aid}","message_id":"bytes","payload":{"big":1.50e3,"text":"ü"}}}`;
    atA.raw(text);
    await atB.until(() => atB.frames.some((frame) => frame.includes('"payload":{"big":1.50e3,"text":"ü"}')));
  });

  it('delivers envelopes, and copies to the other devices of the sender', async () => {
    const second = await two.a.connect(alice, 'd-2');
    const payload = envelope({ from: alice.aid, to: bob.aid, messageId: 'm-crypt-1' });
    const sent = await atA.call('message.send', { to: bob.aid, payload });
    expect(sent).toMatchObject({ message_id: 'm-crypt-1', status: 'delivered', ...crossDomain });
    expect(sent).not.toHaveProperty('seq');
    await atB.event('event/peer.v2.message_received');
    const page = await atB.call('message.v2.pull', { after_seq: 0 });
    expect(page.messages.at(-1)).toMatchObject({ version: 'v2', from_aid: alice.aid, direction: 'inbound' });
    const copy = await second.call('message.v2.pull', { after_seq: 0 });
    expect(copy.messages.at(-1)).toMatchObject({
      message_id: 'm-crypt-1',
      to: bob.aid,
      direction: 'outbound_sync',
    });
    second.cut();
  });

  it('answers a repeated send as a duplicate, once delivered', async () => {
    const send = { to: bob.aid, payload: { text: 'once' }, message_id: 'only-once' };
    await atA.call('message.send', send);
    expect(await atA.call('message.send', send)).toMatchObject({ status: 'duplicate', ...crossDomain });
    await atB.settle();
    const count = atB.events.filter(({ params }) => params.message_id === 'only-once').length;
    expect(count).toBe(1);
  });

  it('hands on what the other domain says, unchanged', async () => {
    const nobody = await atA.refused('message.send', { to: 'nobody.b.localhost', payload: { text: 'x' } });
    expect(nobody).toMatchObject({ code: -32008, data: { remote_issuer: 'b.localhost' } });
    const carol = await two.b.agent('carol');
    const never = await atA.refused('message.send', { to: carol.aid, payload: { text: 'x' } });
    expect(never.code).toBe(-33011);
    expect(never.message).toContain('no registered devices');
    const uncovered = envelope({
      from: alice.aid,
      to: bob.aid,
      rows: [row(bob.aid, 'd-9', 'peer')],
    });
    expect((await atA.refused('message.send', { to: bob.aid, payload: uncovered })).code).toBe(-33050);
  });

  it('is checked at home first', async () => {
    const forged = envelope({ from: bob.aid, to: bob.aid });
    expect((await atA.refused('message.send', { to: bob.aid, payload: forged })).code).toBe(-32602);
    expect((await atA.refused('message.send', { to: 'x.b.localhost', payload: {} })).code).toBe(-32602);
    expect((await atA.refused('message.send', { to: bob.aid })).code).toBe(-32602);
  });
});

describe('other calls that concern another domain', () => {
  it('bootstrap: devices of the peer from there, own devices from here', async () => {
    const answer = await atA.call('message.v2.bootstrap', {
      peer_aid: bob.aid,
      e2ee_wrap_capabilities: { version: 'v2.1', protocols: ['1DH'], scopes: ['aid'] },
    });
    expect(answer).toMatchObject(crossDomain);
    expect(answer.peer_devices.map((d: { device_id: string }) => d.device_id)).toEqual(['d-1']);
    const own = answer.self_devices.map((d: { device_id: string }) => d.device_id);
    expect(own).toContain('d-1');
    expect(answer.certs[bob.aid].cert_pem).toContain('BEGIN CERTIFICATE');
  });

  it('query_online: one answer for all', async () => {
    const aids = [alice.aid, bob.aid, 'nobody.b.localhost', 'someone.nowhere.localhost'];
    const { online } = await atA.call('message.query_online', { aids });
    expect(aids.map((aid) => online[aid])).toEqual([true, true, false, false]);
  });

  it('recall: tombstones there and for own copies here', async () => {
    const payload = envelope({ from: alice.aid, to: bob.aid, messageId: 'm-regret' });
    await atA.call('message.send', { to: bob.aid, payload });
    const result = await atA.call('message.recall', { message_ids: ['m-regret', 'm-unknown'] });
    expect(result).toMatchObject({ success: true, accepted: 2, recalled: 1 });
    expect(result.errors).toEqual([{ message_id: 'm-unknown', error: 'not_found' }]);
    const { params } = await atB.event('event/message.recalled');
    expect(params).toMatchObject({ message_ids: ['m-regret'], recalled_by: alice.aid });
    const again = await atA.call('message.recall', { message_ids: ['m-regret'] });
    expect(again.errors).toEqual([{ message_id: 'm-regret', error: 'already_recalled' }]);
  });

  it('thoughts live with the peer', async () => {
    const context = { type: 'run', id: 'r-1' };
    for (const id of ['t-1', 't-2']) {
      const payload = envelope({ from: alice.aid, to: bob.aid, messageId: id });
      const put = await atA.call('message.thought.put', { to: bob.aid, context, payload });
      expect(put).toMatchObject({ thought_id: id, sender_aid: alice.aid, ...crossDomain });
    }
    const read = await atB.call('message.thought.get', { sender_aid: alice.aid, context });
    expect(read.thoughts.map((t: { thought_id: string }) => t.thought_id)).toEqual(['t-1', 't-2']);
    const own = await atA.call('message.thought.get', {
      sender_aid: alice.aid,
      peer_aid: bob.aid,
      context,
    });
    expect(own).toMatchObject({ found: true, ...crossDomain });
    expect(own.thoughts).toHaveLength(2);
  });

  it('notifications reach exactly the addressed connection, with the true sender', async () => {
    const params = { on: true, _notify: { from_aid: 'forged.b.localhost' } };
    atA.notify('notification/route', {
      target: { type: 'aid', aid: bob.aid, device_id: 'd-1' },
      deliver: { method: 'event/app.typing', params },
      ttl_ms: 5000,
    });
    const { params: received } = await atB.event('event/app.typing');
    expect(received).toMatchObject({ on: true, _notify: { from_aid: alice.aid, ttl_ms: 5000 } });
  });
});

describe('federation.* from a client', () => {
  it('is refused with -32004', async () => {
    for (const method of ['federation.hello', 'federation.relay', 'federation.event', 'federation.x']) {
      expect((await atA.refused(method, {})).code).toBe(-32004);
    }
  });
});

describe('/pki/cert of agents of a peer', () => {
  it('is answered by the own gateway too, with the chain', async () => {
    const http = `http://127.0.0.1:${two.a.network.gateway.ports.http}`;
    const cert = await (await fetch(`${http}/pki/cert/${bob.aid}`)).text();
    expect(cert).toBe(bob.cert);
    const chain = await (await fetch(`${http}/pki/chain/${bob.aid}`)).text();
    expect(chain.match(/BEGIN CERTIFICATE/g)).toHaveLength(4);
    expect((await fetch(`${http}/pki/cert/nobody.b.localhost`)).status).toBe(404);
    expect((await fetch(`${http}/pki/cert/someone.else.localhost`)).status).toBe(404);
  });
});

describe('a gateway that stops and comes back', () => {
  it('delays messages, loses none, keeps their order, and does not disturb its peer', async () => {
    atB.cut();
    await two.b.stop();
    const sent: string[] = [];
    for (let n = 1; n <= 20; n += 1) {
      const id = `late-${n}`;
      const payload = envelope({ from: alice.aid, to: bob.aid, messageId: id });
      const result = await atA.call('message.send', { to: bob.aid, payload });
      expect(result).toMatchObject({ message_id: id, status: 'sent', ...crossDomain });
      sent.push(id);
    }
    const unnamed = await atA.call('message.send', { to: bob.aid, payload: { text: 'no id' } });
    sent.push(unnamed.message_id);
    const gone = await atA.call('message.send', {
      to: bob.aid,
      payload: { text: 'x' },
      message_id: 'taken-back',
    });
    expect(gone.status).toBe('sent');
    expect(await atA.call('message.recall', { message_ids: ['taken-back'] })).toMatchObject({ recalled: 1 });
    expect(await two.a.metric('aun_federation_waiting')).toBe(21);
    const online = await atA.call('message.query_online', { aids: [bob.aid] });
    expect(online).toEqual({ online: { [bob.aid]: false } });
    expect((await atA.refused('message.v2.bootstrap', { peer_aid: bob.aid })).code).toBe(-32010);

    await two.revive(two.b);
    await until('everything is delivered', async () => (await two.a.metric('aun_federation_waiting')) === 0);
    atB = await two.b.connect(bob);
    const { messages } = await atB.call('message.v2.pull', { after_seq: 0 });
    const ids = messages.map((message: { message_id: string }) => message.message_id);
    expect(ids.slice(-21)).toEqual(sent);
    expect(new Set(ids).size).toBe(ids.length);
    expect(await atA.call('meta.ping')).toMatchObject({ pong: true });
  }, 40_000);

  it('takes messages up again when the sender restarts meanwhile', async () => {
    atB.cut();
    await two.b.stop();
    const result = await atA.call('message.send', {
      to: bob.aid,
      payload: { text: 'x' },
      message_id: 'both-down',
    });
    expect(result.status).toBe('sent');
    atA.cut();
    await two.a.stop();
    await two.revive(two.a);
    await two.revive(two.b);
    atB = await two.b.connect(bob);
    await until('it is delivered', async () => {
      const { messages } = await atB.call('message.v2.pull', { after_seq: 0 });
      return messages.some((message: { message_id: string }) => message.message_id === 'both-down');
    });
    atA = await two.a.connect(alice);
  }, 40_000);
});

describe('an issuer that was never reached', () => {
  it('is -32010', async () => {
    const error = await atA.refused('message.send', {
      to: 'someone.nowhere.localhost',
      payload: { text: 'x' },
    });
    expect(error).toMatchObject({ code: -32010, data: { target_issuer: 'nowhere.localhost' } });
  }, 20_000);
});
