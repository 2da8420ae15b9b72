import { ValidationError } from 'aun-core';
import { describe, expect, it } from 'vitest';
import { until, untilState } from '../support/network.js';
import { type Actor, cast, settled } from './cast.js';

const { beside, both, connected, device, network } = cast();
const plain = { encrypt: false };
const short = { connection_kind: 'short' } as const;

const shortBeside = async (who: Actor): Promise<Actor> => {
  const actor = await beside(who);
  await actor.client.connect(short);
  return actor;
};

describe('04 §25.7 long and short connections', () => {
  it('[42, 43] a short connection sends, and neither disturbs nor copies to the long one', async () => {
    const [nora, otto] = await both();
    const states: string[] = [];
    nora.client.on('state_change', ({ to }) => void states.push(to));
    const cli = await shortBeside(nora);
    expect(['sent', 'delivered']).toContain((await cli.say(otto, 'from the shell')).status);
    await otto.hears('from the shell');
    await cli.client.close();
    await settled(otto, nora);
    expect(nora.texts()).toHaveLength(1);
    expect(await nora.client.call('meta.ping')).toMatchObject({ pong: true });
    expect(states).toEqual([]);
  });

  it('[44] the 11th short connection of a slot is refused', async () => {
    const nora = await connected('nora', short);
    const others = await Promise.all(Array.from({ length: 9 }, () => shortBeside(nora)));
    expect(others.every(({ client }) => client.isReady)).toBe(true);
    await expect(shortBeside(nora)).rejects.toThrow(/short_connection_capacity_exceeded|4013/i);
  });

  it('[45] a silent short connection ends after its TTL, one that pings lives on', async () => {
    const ttl = { ...short, short_ttl_ms: 2_000 };
    const [silent, busy] = await Promise.all([connected('nora', ttl), connected('otto', ttl)]);
    const kicks: unknown[] = [];
    silent.client.on('gateway.disconnect', (kick) => void kicks.push(kick));
    while (silent.client.isReady) {
      await busy.client.call('meta.ping');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(silent.client.state).toBe('standby');
    expect(kicks).toEqual([expect.objectContaining({ code: 4014 })]);
    expect(busy.client.isReady).toBe(true);
  });

  it('[46, 50] a newer long connection takes the slot and leaves the short ones, with both extra infos', async () => {
    const nora = await connected('nora', { extra_info: { pid: 1 } });
    const kicks: { code: number | null; detail: unknown }[] = [];
    nora.client.on('gateway.disconnect', (kick) => void kicks.push(kick));
    const clis = await Promise.all([1, 2, 3].map(() => shortBeside(nora)));
    const newer = await beside(nora);
    await newer.client.connect({ extra_info: { pid: 2 } });
    await untilState(nora.client, 'connection_failed');
    expect(kicks[0]).toMatchObject({
      code: 4009,
      detail: { self_extra_info: { pid: 1 }, new_extra_info: { pid: 2 } },
    });
    for (const { client } of clis) expect(await client.call('meta.ping')).toMatchObject({ pong: true });
  });

  it('[47, 48] short runs one after another and at once all get through, answers go to the long one', async () => {
    const [nora, otto] = await both();
    const run = async (text: string): Promise<void> => {
      const cli = await shortBeside(nora);
      await cli.say(otto, text);
      await cli.client.close();
    };
    for (const n of [1, 2, 3, 4, 5]) await run(`run ${n}.`);
    await Promise.all([1, 2, 3, 4, 5].map((n) => run(`at once ${n}.`)));
    await until(() => otto.got.length === 10, 'all ten');
    expect(new Set(otto.texts()).size).toBe(10);
    expect(nora.texts()).toEqual([]);
    await otto.say(nora, 'the answer');
    await nora.hears('the answer');
  });
});

describe('04 §25.8 slots', () => {
  it('[49] the 11th slot of a device takes the place of the oldest, which is told why', async () => {
    const oldest = await connected('nora', { slot_id: 'slot-0' });
    const kicks: unknown[] = [];
    oldest.client.on('gateway.disconnect', (kick) => void kicks.push(kick));
    const others: Actor[] = [];
    for (let n = 1; n <= 10; n += 1) {
      const other = await beside(oldest);
      await other.client.connect({ slot_id: `slot-${n}` });
      others.push(other);
    }
    await untilState(oldest.client, 'connection_failed');
    expect(kicks).toEqual([
      expect.objectContaining({
        code: 4015,
        detail: expect.objectContaining({
          slot_id: 'slot-0',
          limit: 10,
          quota_kind: 'aid_device_slot_quota_exceeded',
        }),
      }),
    ]);
    expect(others.map(({ client }) => client.state)).toEqual(others.map(() => 'ready'));
  });

  it('[51] the same key replaces, and the newer one gets everything decrypted', async () => {
    const [nora, otto] = [await connected('nora'), await connected('otto', { slot_id: 'worker cli' })];
    const daemon = await beside(otto);
    await daemon.client.connect({ slot_id: 'worker daemon' });
    await untilState(otto.client, 'connection_failed');
    await nora.say(daemon, 'open', plain);
    await nora.say(daemon, 'sealed');
    expect((await daemon.hears('open')).encrypted).toBe(false);
    expect((await daemon.hears('sealed')).encrypted).toBe(true);
  });

  it('[52] other keys stay and both receive', async () => {
    const [nora, otto] = [await connected('nora'), await connected('otto', { slot_id: 'worker cli' })];
    const other = await beside(otto);
    await other.client.connect({ slot_id: 'other daemon' });
    await nora.say(otto, 'to both');
    await Promise.all([otto.hears('to both'), other.hears('to both')]);
    expect([otto.client.state, other.client.state]).toEqual(['ready', 'ready']);
  });

  it('[53] a slot that begins with a separator is refused before anything is sent', async () => {
    const nora = await connected('nora');
    await nora.client.disconnect();
    await expect(nora.client.connect({ slot_id: '/invalid' })).rejects.toThrow(/slot_id/);
    expect(nora.client.state).toBe('standby');
  });
});

describe('04 §25.9 several devices', () => {
  it('[55, 56, 57] each device gets what another one sends, and what is sent to the agent', async () => {
    const [nora, otto] = await both();
    const second = await device(nora, 'd-second');
    await second.client.connect();
    await nora.say(otto, 'from the first');
    await otto.hears('from the first');
    expect(await second.hears('from the first')).toMatchObject({
      from: nora.name,
      direction: 'outbound_sync',
    });
    await otto.say(nora, 'to both');
    await Promise.all([nora.hears('to both'), second.hears('to both')]);
    await second.say(otto, 'from the second');
    await Promise.all([otto.hears('from the second'), nora.hears('from the second')]);
    expect(nora.texts()).toEqual(['to both', 'from the second']);
    expect(second.texts()).toEqual(['from the first', 'to both']);
  });
});

describe('04 §25.10 metadata', () => {
  const hidden = ['sender_device_id', '_sender_device_id', 'from_device_id', 'from_device'];

  it('[59] tells how near the sender is, and not on which device', async () => {
    const [nora, otto] = await both();
    await nora.say(otto, 'open', plain);
    await nora.say(otto, 'sealed');
    await otto.hears('sealed');
    for (const message of [await otto.hears('open'), await otto.hears('sealed')]) {
      const facts = { same_egress_ip: true, same_network: true, same_device: expect.any(Boolean) };
      expect(message).toMatchObject({ ...facts, proximity: { ...facts, asserted_by: 'gateway' } });
      for (const name of hidden) {
        expect(message).not.toHaveProperty(name);
        expect(message.payload).not.toHaveProperty(name);
      }
    }
  });

  it('[60, 61] marks the hops of a plaintext echo, in order, and of nothing else', async () => {
    const [nora, otto] = await both();
    for (const [text, options] of [
      ['echo open', plain],
      ['echo sealed', {}],
      ['no such word', plain],
    ] as const) {
      await nora.say(otto, text, options);
      await otto.hears(text);
    }
    const [open = '', ...others] = otto.texts();
    const hops = ['AUN-SDK.send', 'AUN-Gateway.route', 'AUN-Message.relay', 'AUN-SDK.receive'];
    const lines = open.split('\n').slice(1);
    expect(lines).toHaveLength(hops.length);
    for (const [index, hop] of hops.entries()) expect(lines[index]).toContain(`[${hop}]`);
    expect(open.match(/conn_uptime=\d+s/g)?.length).toBeGreaterThanOrEqual(2);
    expect(others).toEqual(['echo sealed', 'no such word']);
  });

  it('[62] shows the spans of a traced send, whatever the mode of the session', async () => {
    const [nora, otto] = await both();
    const records: { type: string; method?: string; trace?: { mode: string; spans?: unknown[] } }[] = [];
    nora.client.setTraceObserver((record) => void records.push(record as never));
    await nora.client.message.send({ to: otto.name, payload: { text: 'x' }, ...plain }, { trace: 'diag' });
    const { trace } = records.find(({ method }) => method === 'message.send') ?? {};
    expect(trace?.mode).toBe('diag');
    expect(trace?.spans?.length).toBeGreaterThanOrEqual(3);
    await nora.client.call('meta.ping');
    expect(records.filter(({ type }) => type === 'rpc')).toHaveLength(1);
  });

  it('[64] gives the sender what was sent', async () => {
    const [nora, otto] = await both();
    const sent = await nora.say(otto, 'look');
    expect(sent.payload).toEqual({ type: 'text', text: 'look' });
    expect(sent.envelope).toMatchObject({ from: nora.name, to: otto.name, encrypted: true });
  });
});

describe('04 §25.11 thoughts', () => {
  it('[65, 66, 67, 68] are kept in order, decrypted as often as they are asked for', async () => {
    const [nora, otto] = await both();
    const context = { type: 'run', id: 'r-1' };
    const texts = Array.from({ length: 9 }, (_, n) => `thought ${n}`);
    for (const [n, text] of texts.entries()) {
      const put = await nora.client.message.thought.put({ to: otto.name, context, payload: { text } });
      expect(put.stored_count).toBeGreaterThanOrEqual(n + 1);
    }
    const get = () => otto.client.message.thought.get({ sender_aid: nora.name, context });
    for (const answer of [await get(), await get()]) {
      expect(answer.found).toBe(true);
      const payloads = answer.thoughts.map((thought) => (thought as { payload: { text: string } }).payload);
      expect(payloads.map(({ text }) => text)).toEqual(texts);
      for (const thought of answer.thoughts) {
        expect(thought.e2ee).toMatchObject({ version: 'v2', context });
        expect(JSON.stringify(thought.e2ee)).not.toContain('_auth');
      }
    }
    const unknown = { sender_aid: nora.name, context: { type: 'run', id: 'unknown' } };
    expect(await otto.client.message.thought.get(unknown)).toMatchObject({ found: false, thoughts: [] });
  });
});

describe('04 §25.12 notifications', () => {
  it('[70, 72] reach an agent, or exactly the slot that was named', async () => {
    const [nora, otto] = await both();
    const other = await beside(otto);
    await other.client.connect({ slot_id: 'other' });
    const heard: [string, Record<string, unknown>][] = [];
    otto.client.on('app.typing', (params) => void heard.push(['first', params]));
    other.client.on('app.typing', (params) => void heard.push(['other', params]));
    const address = { to: otto.name, device_id: String(other.client.deviceId), slot_id: 'other' };
    await nora.client.notify('event/app.typing', { token: 'one slot' }, address);
    await nora.client.notify('event/app.typing', { token: 'all' }, { to: otto.name, ttl_ms: 5_000 });
    await until(() => heard.filter(([, { token }]) => token === 'all').length === 2, 'both slots');
    expect(heard.filter(([, { token }]) => token === 'one slot').map(([who]) => who)).toEqual(['other']);
    const notice = heard.find(([who, { token }]) => who === 'first' && token === 'all')?.[1];
    expect(notice?._notify).toMatchObject({ from_aid: nora.name, ttl_ms: 5_000 });
  });

  it('[73] are not kept for somebody who is not there', async () => {
    const [nora, otto] = await both();
    const heard: unknown[] = [];
    otto.client.on('app.typing', ({ token }) => void heard.push(token));
    await otto.client.disconnect();
    await nora.client.notify('event/app.typing', { token: 'nobody hears' }, { to: otto.name });
    await nora.client.call('meta.ping');
    await otto.client.connect();
    await nora.client.notify('event/app.typing', { token: 'heard' }, { to: otto.name });
    await until(() => heard.length > 0, 'the second one');
    expect(heard).toEqual(['heard']);
  });

  it('[75] refuse what no gateway would deliver, before anything is written', async () => {
    const nora = await connected('nora');
    const notify = (method: string, options: object, params = {}) =>
      nora.client.notify(method, params, { to: nora.name, ...options });
    for (const refused of [
      notify('event/app.x', { group_aid: `team.${network().gateway.issuer}` }),
      notify('event/app.x', { slot_id: 'main' }),
      notify('event/message.received', {}),
      notify('event/app.x', { ttl_ms: -1 }),
      notify('event/app.x', { ttl_ms: 60_001 }),
      notify('event/app.x', {}, { text: 'x'.repeat(65_536) }),
    ]) {
      await expect(refused).rejects.toThrow(ValidationError);
    }
  });
});
