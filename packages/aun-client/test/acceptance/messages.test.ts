import { randomBytes } from 'node:crypto';
import type { JsonObject } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { until } from '../support/network.js';
import { ScriptedGateway } from '../support/scripted-gateway.js';
import { cast, settled } from './cast.js';

const { both, absent, connected, network } = cast();
const plain = { encrypt: false };

describe('04 §25.1 plain and encrypted messages', () => {
  it('[1] lists a device of each side for the other, without any action of the application', async () => {
    const [nora, otto] = await both();
    for (const [from, to] of [
      [nora, otto],
      [otto, nora],
    ] as const) {
      const answer = await from.client.call('message.v2.bootstrap', { peer_aid: to.name });
      expect(answer.peer_devices).toHaveLength(1);
    }
  });

  it('[2, 6] carries a text encrypted, and the answer back', async () => {
    const [nora, otto] = await both();
    const sent = await nora.say(otto, 'hello');
    expect(sent.message_id).not.toBe('');
    expect(['sent', 'delivered']).toContain(sent.status);
    const message = await otto.hears('hello');
    expect(message).toMatchObject({ encrypted: true, from: nora.name, e2ee: { version: 'v2' } });
    await otto.say(nora, 'hello yourself');
    expect((await nora.hears('hello yourself')).from).toBe(otto.name);
  });

  it('[3] gives a message to a pull when nobody listened for events', async () => {
    const nora = await connected('nora');
    const otto = await absent('otto');
    await otto.client.connect();
    await otto.client.disconnect();
    await nora.say(otto, 'for the pull');
    await otto.client.connect({ background_sync: false });
    const { messages } = await otto.client.message.pull();
    expect(messages.map(({ payload, encrypted }) => [payload.text, encrypted])).toEqual([
      ['for the pull', true],
    ]);
  });

  it('[4] has nothing left after an ack without params', async () => {
    const [nora, otto] = await both();
    await nora.say(otto, 'acked');
    await otto.hears('acked');
    expect(await otto.client.message.ack({})).toMatchObject({ success: true });
    expect((await otto.client.message.pull()).messages).toEqual([]);
  });

  it('[5] counts a received message as seen without any ack of the application', async () => {
    const [nora, otto] = await both();
    await nora.say(otto, 'seen');
    const { seq } = await otto.hears('seen');
    const pulled = await otto.client.message.pull();
    expect([pulled.messages, pulled.latest_seq >= seq]).toEqual([[], true]);
  });

  it('[7, 14] delivers three sent back to back under the ids that the sends returned', async () => {
    const [nora, otto] = await both();
    const sent = await Promise.all(['a', 'b', 'c'].map((text) => nora.say(otto, text)));
    await until(() => otto.got.length === 3, 'all three');
    const ids = sent.map(({ message_id }) => message_id);
    expect(new Set(ids).size).toBe(3);
    expect(otto.got.map(({ message_id }) => message_id).sort()).toEqual([...ids].sort());
  });

  it.each([
    ['8', {}],
    ['9', plain],
  ])('[%s] delivers five in order with numbers that differ by one', async (_number, options) => {
    const [nora, otto] = await both();
    for (let n = 1; n <= 5; n += 1) await nora.say(otto, `msg${n}`, options);
    await otto.hears('msg5');
    expect(otto.texts()).toEqual(['msg1', 'msg2', 'msg3', 'msg4', 'msg5']);
    const [first = 0] = otto.got.map(({ seq }) => seq);
    expect(otto.got.map(({ seq }) => seq - first)).toEqual([0, 1, 2, 3, 4]);
  });

  it('[10] gives every message an id, a number and a time, and encrypted ones an e2ee object', async () => {
    const [nora, otto] = await both();
    await nora.say(otto, 'sealed');
    await nora.say(otto, 'open', plain);
    await otto.hears('open');
    for (const message of otto.got) {
      expect(message.message_id).not.toBe('');
      expect(Number.isInteger(message.seq) && message.seq > 0).toBe(true);
      expect(message.timestamp ?? message.t_server).toBeTypeOf('number');
    }
    const { e2ee } = await otto.hears('sealed');
    expect(e2ee).toMatchObject({ encryption_mode: expect.stringMatching(/^v2_/), forward_secrecy: true });
  });

  it('[11] answers two pulls from the beginning with the same set and no error', async () => {
    const [nora, otto] = await both();
    await nora.say(otto, 'twice');
    await otto.hears('twice');
    const pull = async () =>
      (await otto.client.message.pull({ after_seq: 0 })).messages.map(({ message_id }) => message_id);
    expect(await pull()).toEqual(await pull());
  });

  it('[12, 13] takes a durable flag as param and a bare string', async () => {
    const [nora, otto] = await both();
    for (const durable of [true, false]) {
      await nora.client.call('message.send', {
        to: otto.name,
        payload: { type: 'text', text: `durable ${durable}` },
        encrypt: false,
        ...{ durable },
      });
    }
    await nora.client.message.send({ to: otto.name, payload: 'bare', ...plain });
    await until(() => otto.got.length === 3, 'all three');
    expect(otto.got.map(({ payload }) => payload.text ?? payload)).toEqual([
      'durable true',
      'durable false',
      'bare',
    ]);
  });

  it('[14] shows the application once what was sent twice under one id', async () => {
    const [nora, otto] = await both();
    const message_id = 'm-the-same';
    expect((await nora.say(otto, 'once', { message_id })).status).not.toBe('duplicate');
    expect((await nora.say(otto, 'once', { message_id })).status).toBe('duplicate');
    await settled(nora, otto);
    expect(otto.texts().filter((text) => text === 'once')).toHaveLength(1);
  });

  it('[15] hears of rising numbers in the raw push stream, and can pull afterwards', async () => {
    const [nora, otto] = await both();
    for (const text of ['one', 'two', 'three']) await nora.say(otto, text);
    await otto.hears('three');
    const seqs = otto.got.map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    expect(new Set(seqs).size).toBe(3);
    expect(await otto.client.message.pull()).toMatchObject({ messages: [] });
  });
});

describe('04 §25.2 recipients and failures', () => {
  it('[18, 19] refuses somebody who never connected, and reaches them as soon as they did', async () => {
    const nora = await connected('nora');
    const otto = await absent('otto');
    await expect(nora.say(otto, 'x', plain)).rejects.toThrow(/no registered devices/);
    await expect(nora.say(otto, 'x')).rejects.toThrow(/no devices|bootstrap/);
    await otto.client.connect();
    await nora.say(otto, 'now');
    expect((await otto.hears('now')).e2ee).toMatchObject({ version: 'v2' });
  });

  it('[17] takes plaintext for somebody whose device has no prekey', async () => {
    const nora = await connected('nora');
    const otto = await connected('otto', { connection_kind: 'short' });
    expect((await nora.say(otto, 'plain', plain)).message_id).not.toBe('');
  });

  it('[20, 21] throws for an AID that does not exist, and loses no number over it', async () => {
    const [nora, otto] = await both();
    await nora.say(otto, 'before', plain);
    const nobody = network().gateway.newAid('nobody');
    for (const options of [{}, plain]) {
      const payload = { text: 'x' };
      await expect(nora.client.message.send({ to: nobody, payload, ...options })).rejects.toThrow();
      const foreign = { to: 'otto.no-such-domain.invalid', payload, ...options };
      await expect(nora.client.message.send(foreign)).rejects.toThrow();
    }
    await nora.say(otto, 'after', plain);
    await otto.hears('after');
    expect(otto.texts()).toEqual(['before', 'after']);
    expect(otto.got.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('[22, 23] tells of an envelope that nobody can open, without its payload, and goes on', async () => {
    const scripted = await ScriptedGateway.start(network().gateway);
    const nora = await connected('nora', {}, { gatewayUrl: scripted.url });
    const otto = await connected('otto');
    const broken: Record<string, unknown>[] = [];
    otto.client.on('message.undecryptable', (event) => void broken.push(event));
    const noise = (text: unknown): string =>
      randomBytes(Buffer.from(String(text), 'base64').length).toString('base64');
    scripted.script = (request, socket) => {
      const payload = request.params?.payload as JsonObject | undefined;
      if (request.method !== 'message.send' || payload === undefined) return 'pass';
      const forged = {
        ...payload,
        ciphertext: noise(payload.ciphertext),
        tag: noise(payload.tag),
        sender_signature: noise(payload.sender_signature),
        stray: { a: 1 },
      };
      socket.pass({ ...request, params: { ...request.params, payload: forged } });
      return 'handled';
    };
    const { message_id } = await nora.say(otto, 'never to be read');
    expect(message_id).not.toBe('');
    await until(() => broken.length > 0, 'the event');
    expect(broken[0]).toMatchObject({ message_id, from: nora.name, seq: 1 });
    expect(broken[0]).not.toHaveProperty('payload');
    const pulls = [await otto.client.message.pull(), await otto.client.message.pull()];
    expect(pulls.flatMap(({ messages }) => messages)).toEqual([]);
    expect(pulls.at(-1)?.latest_seq).toBeGreaterThanOrEqual(1);
    scripted.rest();
    await nora.say(otto, 'readable');
    await otto.hears('readable');
    expect([otto.texts(), broken.length]).toEqual([['readable'], 1]);
    await nora.client.close();
    await scripted.stop();
  });
});
