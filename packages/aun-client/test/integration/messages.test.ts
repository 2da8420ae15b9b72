import { NotFoundError, NotReadyError, StateError, ValidationError } from 'aun-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AUNClient } from '../../src/index.js';
import { collect, TestNetwork, until } from '../support/network.js';

type Pair = { nora: AUNClient; omar: AUNClient; noraAid: string; omarAid: string };

describe('messages between two clients', () => {
  let network: TestNetwork;

  beforeAll(async () => {
    network = await TestNetwork.start();
  });
  afterAll(() => network.stop());

  const pair = async (): Promise<Pair> => {
    const [n, o] = await Promise.all([network.identity('nora'), network.identity('omar')]);
    return {
      nora: network.client(n.aid),
      omar: network.client(o.aid),
      noraAid: n.aid.aid,
      omarAid: o.aid.aid,
    };
  };

  const connectedPair = async (): Promise<Pair> => {
    const both = await pair();
    await Promise.all([both.nora.connect(), both.omar.connect()]);
    return both;
  };

  it('needs no pause at first contact and is encrypted by default', async () => {
    const { nora, omar, noraAid, omarAid } = await pair();
    const received = collect(omar);
    const messages: Record<string, unknown>[] = [];
    omar.on('message.received', (message) => void messages.push(message));
    await Promise.all([nora.connect(), omar.connect()]);
    const sent = await nora.call('message.send', { to: omarAid, payload: { text: 'hello' } });
    expect(sent.message_id).toMatch(/^m-[0-9a-f]{32}$/);
    expect(['sent', 'delivered']).toContain(sent.status);
    expect(sent.payload).toEqual({ type: 'text', text: 'hello' });
    expect(sent.envelope).toMatchObject({ from: noraAid, to: omarAid, type: 'text', encrypted: true });
    await until(() => received.texts.length === 1, 'the message');
    expect(messages[0]).toMatchObject({
      message_id: sent.message_id,
      from: noraAid,
      to: omarAid,
      seq: 1,
      encrypted: true,
      direction: 'inbound',
      payload: { type: 'text', text: 'hello' },
      payload_type: 'text',
      e2ee: { version: 'v2', forward_secrecy: true },
      protected_headers: { payload_type: 'text', sdk_lang: 'typescript' },
    });
    expect(messages[0]?.timestamp).toBeTypeOf('number');
  });

  it('delivers both ways, in order and each message once', async () => {
    const { nora, omar, noraAid, omarAid } = await connectedPair();
    const [atNora, atOmar] = [collect(nora), collect(omar)];
    const numbers = Array.from({ length: 20 }, (_, i) => i);
    for (const i of numbers) {
      await Promise.all([
        nora.call('message.send', { to: omarAid, payload: { text: `n${i}` } }),
        omar.call('message.send', { to: noraAid, payload: { text: `o${i}` } }),
      ]);
    }
    await until(() => atNora.texts.length === 20 && atOmar.texts.length === 20, 'all messages');
    expect(atOmar.texts).toEqual(numbers.map((i) => `n${i}`));
    expect(atNora.texts).toEqual(numbers.map((i) => `o${i}`));
    expect(atOmar.seqs).toEqual(numbers.map((i) => i + 1));
  });

  it('delivers plaintext and encrypted messages in one order', async () => {
    const { nora, omar, omarAid } = await connectedPair();
    const received = collect(omar);
    for (let i = 0; i < 6; i += 1) {
      await nora.call('message.send', { to: omarAid, payload: { text: `m${i}` }, encrypt: i % 2 === 0 });
    }
    await until(() => received.texts.length === 6, 'six messages');
    expect(received.texts).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm5']);
  });

  it('brings in order what was sent while nobody was there', async () => {
    const { nora, omar, omarAid } = await connectedPair();
    const received = collect(omar);
    await omar.disconnect();
    expect(omar.state).toBe('standby');
    for (let i = 0; i < 120; i += 1) {
      await nora.call('message.send', { to: omarAid, payload: { text: `m${i}` } });
    }
    await omar.connect();
    await until(() => received.texts.length === 120, 'the backlog');
    expect(received.texts).toEqual(Array.from({ length: 120 }, (_, i) => `m${i}`));
  });

  it('does not deliver again what was delivered before a restart of the application', async () => {
    const { nora, omar, omarAid } = await connectedPair();
    const first = collect(omar);
    await nora.call('message.send', { to: omarAid, payload: { text: 'one' } });
    await until(() => first.texts.length === 1, 'the first message');
    const aid = omar.currentAid;
    await omar.close();
    await nora.call('message.send', { to: omarAid, payload: { text: 'two' } });
    const again = network.client(aid ?? undefined);
    const second = collect(again);
    await again.connect();
    await until(() => second.texts.length === 1, 'the second message');
    expect(second.texts).toEqual(['two']);
  });

  it('takes a handler that answers, and one that pulls, without blocking itself', async () => {
    const { nora, omar, noraAid, omarAid } = await connectedPair();
    const answers = collect(nora);
    omar.on('message.received', async (message) => {
      expect(await omar.call('message.pull')).toMatchObject({ messages: [], count: 0 });
      await omar.call('message.send', { to: message.from, payload: { text: `re: ${message.payload.text}` } });
    });
    for (const text of ['a', 'b', 'c']) await nora.call('message.send', { to: omarAid, payload: { text } });
    await until(() => answers.texts.length === 3, 'three answers');
    expect(answers.texts).toEqual(['re: a', 're: b', 're: c']);
    expect(noraAid).toBe(nora.aid);
  });

  it('pulls and acknowledges by hand on a connection without background sync', async () => {
    const { nora, omar, omarAid } = await pair();
    await nora.connect();
    await omar.connect();
    await omar.disconnect();
    const sent = await nora.call('message.send', { to: omarAid, payload: { text: 'waiting' } });
    await omar.connect({ connection_kind: 'short' });
    const pulled = await omar.call('message.pull', {});
    expect(pulled.messages.map((message) => message.message_id)).toEqual([sent.message_id]);
    expect(pulled.latest_seq).toBe(1);
    expect(await omar.call('message.ack', { seq: 1 })).toMatchObject({ success: true, ack_seq: 1 });
    expect(await omar.call('message.ack', { seq: 99 })).toMatchObject({ ack_seq: 1 });
    expect((await omar.call('message.pull', {})).messages).toEqual([]);
  });

  it('comes back after a restart of the gateway and misses nothing', async () => {
    const { nora, omar, omarAid } = await connectedPair();
    const received = collect(omar);
    const states: string[] = [];
    omar.on('state_change', ({ to }) => states.push(to));
    let back = false;
    nora.on('state_change', ({ to }) => {
      back = to === 'ready';
    });
    await nora.call('message.send', { to: omarAid, payload: { text: 'before' } });
    await until(() => received.texts.length === 1, 'the first message');
    await network.gateway.restart();
    await until(() => states.at(-1) === 'ready', 'ready again', 20_000);
    expect(states.slice(0, 2)).toEqual(['retry_backoff', 'reconnecting']);
    // A call on a link that the restart has cut fails; the client is back for the next one.
    await until(() => back, 'the sender ready again', 20_000);
    await nora.call('message.send', { to: omarAid, payload: { text: 'after' } });
    await until(() => received.texts.length === 2, 'the second message');
    expect(received.texts).toEqual(['before', 'after']);
    expect(received.seqs).toEqual([1, 2]);
  });

  it('copies what one device sends to the other devices of the same agent', async () => {
    const { nora, omarAid, omar } = await connectedPair();
    const store = await network.store({ encryptionSeed: 'test seed' });
    const aid = nora.currentAid;
    if (aid === null) throw new Error('no identity');
    const copied = store.importGroupIdentity(aid.aid, {
      private_key_pem: aid.privateKeyPem,
      public_key_der_b64: aid.publicKey,
      cert_pem: aid.certPem,
    });
    expect(copied.ok).toBe(true);
    const loaded = store.load(aid.aid);
    if (!loaded.ok) throw new Error(loaded.error.message);
    const second = network.client(loaded.data.aid);
    const copies: Record<string, unknown>[] = [];
    second.on('message.received', (message) => void copies.push(message));
    await second.connect();
    nora.e2ee.invalidatePrekeyCache();
    const received = collect(omar);
    await nora.call('message.send', { to: omarAid, payload: { text: 'for both' } });
    await until(() => copies.length === 1 && received.texts.length === 1, 'message and copy');
    expect(copies[0]).toMatchObject({ direction: 'outbound_sync', from: aid.aid, e2ee: { to: omarAid } });
  });

  it('recalls a message', async () => {
    const { nora, omar, omarAid } = await connectedPair();
    const received = collect(omar);
    const recalls: unknown[] = [];
    omar.on('message.recalled', (recall) => void recalls.push(recall.message_ids));
    const sent = await nora.call('message.send', { to: omarAid, payload: { text: 'oops' } });
    await until(() => received.texts.length === 1, 'the message');
    expect(await nora.call('message.recall', { message_ids: [sent.message_id] })).toMatchObject({
      recalled: 1,
    });
    await until(() => recalls.length === 1, 'the recall');
    expect(recalls).toEqual([[sent.message_id]]);
    await nora.call('message.send', { to: omarAid, payload: { text: 'better' } });
    await until(() => received.texts.length === 2, 'the next message');
  });

  it('keeps thoughts', async () => {
    const { nora, omar, noraAid, omarAid } = await connectedPair();
    const context = { type: 'run', id: 'run-17' };
    for (const text of ['first', 'second']) {
      await nora.call('message.thought.put', { to: omarAid, context, payload: { text } });
    }
    const answer = await omar.call('message.thought.get', { sender_aid: noraAid, context });
    expect(answer.found).toBe(true);
    expect(answer.thoughts.map((thought) => (thought.payload as { text: string }).text)).toEqual([
      'first',
      'second',
    ]);
  });

  it('sends headers with a message, the call over the instance', async () => {
    const { nora, omar, omarAid } = await connectedPair();
    const headers: unknown[] = [];
    omar.on('message.received', (message) => void headers.push(message.protected_headers));
    nora.setProtectedHeaders({ App: 'demo', lang: 'en', 'bad key': 1 });
    await nora.call('message.send', {
      to: omarAid,
      payload: { text: 'x' },
      protected_headers: { lang: 'de' },
    });
    await until(() => headers.length === 1, 'the message');
    expect(headers[0]).toMatchObject({ app: 'demo', lang: 'de', payload_type: 'text' });
  });

  it('notifies somebody who is online', async () => {
    const { nora, omar, noraAid, omarAid } = await connectedPair();
    const typing: unknown[] = [];
    omar.on('app.typing', (params) => void typing.push(params));
    await nora.notify('event/app.typing', { on: true }, { to: omarAid, ttl_ms: 5_000 });
    await until(() => typing.length === 1, 'the notification');
    expect(typing[0]).toMatchObject({ on: true, _notify: { from_aid: noraAid, ttl_ms: 5_000 } });
  });

  it('refuses what cannot be sent with a clear sentence', async () => {
    const { nora, omarAid } = await connectedPair();
    const send = (params: Record<string, unknown>) => nora.call('message.send' as string, params);
    await expect(send({ to: 'bad', payload: {} })).rejects.toThrow(/to: invalid AID/);
    await expect(send({ to: `group.${network.gateway.issuer}`, payload: {} })).rejects.toThrow(/group\.send/);
    await expect(send({ to: omarAid })).rejects.toThrow(/payload/);
    await expect(send({ to: omarAid, payload: {}, persist: true })).rejects.toThrow(/persist/);
    await expect(send({ to: omarAid, payload: { text: 'x'.repeat(1_100_000) } })).rejects.toThrow(
      /payload is too large: it is 1,100,0\d\d bytes, limit 1,000,000/,
    );
    await expect(send({ to: network.gateway.newAid('nobody'), payload: {} })).rejects.toThrow(NotFoundError);
    await expect(nora.call('auth.aid_login1')).rejects.toThrow(/internal/);
    expect(nora.state).toBe('ready');
  });

  it('fails on the sender side when the recipient never connected', async () => {
    const { nora, omar, omarAid } = await pair();
    await nora.connect();
    await expect(nora.call('message.send', { to: omarAid, payload: { text: 'x' } })).rejects.toThrow(
      /no devices/,
    );
    const received = collect(omar);
    await omar.connect();
    await nora.call('message.send', { to: omarAid, payload: { text: 'now' } });
    await until(() => received.texts.length === 1, 'the message');
  });

  it('says what to do when a method is called in the wrong state', async () => {
    const { nora, omarAid } = await pair();
    await expect(nora.call('meta.ping')).rejects.toThrow(NotReadyError);
    await expect(nora.call('meta.ping')).rejects.toThrow(/call connect\(\)/);
    expect(() => nora.loadIdentity(nora.currentAid as never)).toThrow(StateError);
    await nora.close();
    await nora.close();
    await expect(nora.connect()).rejects.toThrow(/loadIdentity/);
    await expect(nora.call('message.send', { to: omarAid, payload: {} })).rejects.toThrow(/loadIdentity/);
    expect(() => new (nora.constructor as typeof AUNClient)('nora' as never)).toThrow(ValidationError);
  });
});

describe('messages under the forward-secret policy', () => {
  let network: TestNetwork;

  beforeAll(async () => {
    network = await TestNetwork.start({ config: { limits: { wrapPolicy: '3DH/device' } } });
  });
  afterAll(() => network.stop());

  it('go to prekeys, which change after use, at first contact and later', async () => {
    const [n, o] = await Promise.all([network.identity('nora'), network.identity('omar')]);
    const [nora, omar] = [network.client(n.aid), network.client(o.aid)];
    const received = collect(omar);
    await Promise.all([nora.connect(), omar.connect()]);
    for (let i = 0; i < 5; i += 1) {
      await nora.call('message.send', { to: o.aid.aid, payload: { text: `m${i}` } });
      nora.e2ee.invalidatePrekeyCache();
    }
    await until(() => received.texts.length === 5, 'five messages');
    expect(received.texts).toEqual(['m0', 'm1', 'm2', 'm3', 'm4']);
  });

  it('reach their own sender when addressed to it', async () => {
    const { aid } = await network.identity('nora');
    const client = network.client(aid);
    const received = collect(client);
    await client.connect();
    await client.call('message.send', { to: aid.aid, payload: { text: 'note to self' } });
    await until(() => received.texts.length === 1, 'the note');
    expect(received.texts).toEqual(['note to self']);
  });
});
