import { FsKeyStore } from 'aun-keystore-fs';
import { describe, expect, it } from 'vitest';
import { until } from '../support/network.js';
import { type Actor, cast } from './cast.js';

const { absent, beside, both, connected, device, network } = cast();
const plain = { encrypt: false };

const online = async (asker: Actor, ...others: Actor[]): Promise<boolean[]> => {
  const answer = await asker.client.message.queryOnline({ aids: others.map(({ name }) => name) });
  return others.map(({ name }) => answer.online[name] === true);
};

const turns = async (asker: Actor, others: Actor[], wanted: boolean[]): Promise<void> => {
  const end = Date.now() + 10_000;
  while (JSON.stringify(await online(asker, ...others)) !== JSON.stringify(wanted)) {
    if (Date.now() > end) throw new Error(`presence is not ${wanted} within 10 s`);
  }
};

describe('04 §25.3 acknowledgements', () => {
  it('[24, 25, 26] never go back, are repeatable, and reach the number that was asked for', async () => {
    const [nora, otto] = await both();
    for (const text of ['a', 'b', 'c']) await nora.say(otto, text);
    await otto.hears('c');
    const answers = [];
    for (const { seq } of otto.got) answers.push({ seq, ...(await otto.client.message.ack({ seq })) });
    for (const { seq, success, ack_seq } of answers) {
      expect(success).toBe(true);
      expect(ack_seq).toBeGreaterThanOrEqual(seq);
    }
    const last = answers.at(-1);
    expect(last?.ack_seq).toBe(last?.seq);
    const cursors = answers.map(({ ack_seq = 0 }) => ack_seq);
    expect(cursors).toEqual([...cursors].sort((a, b) => a - b));
    expect(await otto.client.message.ack({ seq: last?.seq ?? 0 })).toMatchObject({
      success: true,
      ack_seq: last?.ack_seq,
    });
  });

  it('[27, 52] two slots of one device get one message under one number and ack it on their own', async () => {
    const [nora, otto] = await both();
    const other = await beside(otto, 'other');
    await other.client.connect();
    await nora.say(otto, 'to both slots');
    const [one, two] = await Promise.all([otto.hears('to both'), other.hears('to both')]);
    expect(one.seq).toBe(two.seq);
    for (const { client } of [otto, other]) {
      expect(await client.message.ack({ seq: one.seq })).toMatchObject({ success: true, ack_seq: one.seq });
      expect(client.state).toBe('ready');
    }
  });

  it('[28] every marker of mixed sends and pulls arrives exactly once', async () => {
    const [nora, otto] = await both();
    const markers = Array.from({ length: 12 }, (_, n) => `marker ${n}.`);
    const pulled: string[] = [];
    const work = markers.map(async (text, n) => {
      const sent = await nora.say(otto, text, n % 2 === 0 ? {} : plain);
      const { messages } = await otto.client.message.pull();
      pulled.push(...messages.map(({ payload }) => String(payload.text)));
      return sent.message_id;
    });
    expect(new Set(await Promise.all(work)).size).toBe(markers.length);
    await until(() => otto.got.length >= markers.length, 'all markers');
    expect(otto.texts().sort()).toEqual([...markers].sort());
    // What a pull returns was handed to the application as well, and no two pulls return the same.
    expect(new Set(pulled).size).toBe(pulled.length);
  });
});

describe('04 §25.4 recalls', () => {
  it('[29, 32] take back what was received and acked, and are told once', async () => {
    const [nora, otto] = await both();
    const recalls: Record<string, unknown>[] = [];
    otto.client.on('message.recalled', (event) => void recalls.push(event));
    const { message_id } = await nora.say(otto, 'a slip', plain);
    const { seq } = await otto.hears('a slip');
    await otto.client.message.ack({ seq });
    expect(await nora.client.message.recall({ message_ids: [message_id] })).toMatchObject({ recalled: 1 });
    await until(() => recalls.length > 0, 'the notice');
    await otto.client.message.pull({ after_seq: 0 });
    await nora.say(otto, 'after');
    expect((await otto.hears('after')).seq).toBe(seq + 2);
    expect(recalls).toHaveLength(1);
    expect(recalls[0]).toMatchObject({ message_ids: [message_id], from: nora.name });
    expect(recalls[0]?.tombstone_message_id).toBe(recalls[0]?.message_id);
  });

  it('[30, 31] take back neither the messages of others nor unknown ones', async () => {
    const [nora, otto] = await both();
    const { message_id } = await nora.say(otto, 'mine', plain);
    await otto.hears('mine');
    for (const [who, id] of [
      [otto, message_id],
      [nora, 'm-nobody-knows'],
    ] as const) {
      const answer = await who.client.message.recall({ message_ids: [id] });
      expect([answer.recalled, answer.errors?.length]).toEqual([0, 1]);
    }
  });
});

describe('04 §25.5 presence', () => {
  it('[33, 34, 35] follows connections, each AID on its own', async () => {
    const nora = await connected('nora');
    const [otto, olga, never] = [await connected('otto'), await connected('olga'), await absent('never')];
    await turns(nora, [otto, olga, never], [true, true, false]);
    await otto.client.disconnect();
    await turns(nora, [otto, olga], [false, true]);
    await otto.client.connect();
    await turns(nora, [otto, olga], [true, true]);
    const nobody = network().gateway.newAid('nobody');
    expect((await nora.client.message.queryOnline({ aids: [nobody] })).online[nobody]).not.toBe(true);
  });

  it('[36] lasts until the last device has left', async () => {
    const nora = await connected('nora');
    const otto = await connected('otto');
    const second = await device(otto, 'd-second');
    await second.client.connect();
    await otto.client.disconnect();
    await turns(nora, [otto], [true]);
    await second.client.disconnect();
    await turns(nora, [otto], [false]);
  });

  it('[37] needs a long connection', async () => {
    const nora = await connected('nora');
    const otto = await connected('otto', { connection_kind: 'short' });
    expect(await online(nora, otto)).toEqual([false]);
  });
});

describe('04 §25.6 reconnecting', () => {
  it('[38] delivers what was sent meanwhile without any call of the application', async () => {
    const [nora, otto] = await both();
    await otto.client.disconnect();
    for (let n = 1; n <= 5; n += 1) await nora.say(otto, `missed ${n}`, plain);
    await otto.client.connect();
    await otto.hears('missed 5');
    expect(otto.texts()).toEqual([1, 2, 3, 4, 5].map((n) => `missed ${n}`));
  });

  it('[39] refuses calls while disconnected and works after each of three cycles', async () => {
    const nora = await connected('nora');
    for (let cycle = 0; cycle < 3; cycle += 1) {
      await nora.client.disconnect();
      await expect(nora.client.call('meta.ping')).rejects.toThrow(/not connected|needs state/);
      await nora.client.connect();
      expect(await nora.client.call('meta.ping')).toMatchObject({ pong: true });
    }
  });

  it('[41] delivers what a sender sends before and after it came back', async () => {
    const [nora, otto] = await both();
    await nora.say(otto, 'before');
    await nora.client.disconnect();
    await nora.client.connect();
    await nora.say(otto, 'after');
    await otto.hears('after');
    expect(otto.texts()).toEqual(['before', 'after']);
  });

  it('[16] receives with a cursor ahead of the server', async () => {
    const [nora, otto] = await both();
    await nora.say(otto, 'one');
    await otto.hears('one');
    await otto.client.disconnect();
    // As a copied keystore has it: far ahead of anything that the server ever numbered.
    const keys = new FsKeyStore({ path: otto.aid.aunPath, seed: '' });
    const scope = { deviceId: otto.aid.deviceId, slotId: otto.aid.slotId };
    await keys.saveSeqs(otto.name, scope, new Map([[`p2p:${otto.name}`, 900]]));
    await keys.close();
    const copy = await beside(otto);
    await copy.client.connect();
    await nora.say(otto, 'two');
    await copy.hears('two');
  });
});
