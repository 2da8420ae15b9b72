import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, ok, okAsync, TestNetwork, until } from '../support/network.js';

const dist = new URL('../../dist/index.js', import.meta.url).href;
/** Kills between "on disk" and "acknowledged". */
const rounds = process.env.AUN_SOAK === '1' ? 200 : 20;

describe('durable messages', () => {
  let network: TestNetwork;

  beforeAll(async () => {
    network = await TestNetwork.start();
  });
  afterAll(() => network.stop());

  it('wait for a connection and leave in order', async () => {
    const [n, o] = [await network.identity('nora'), await network.identity('omar')];
    const [nora, omar] = [network.client(n.aid), network.client(o.aid)];
    const received = collect(omar);
    const sent: string[] = [];
    nora.on('outbox.sent', ({ message_id }) => void sent.push(message_id));
    const queued = [];
    for (const text of ['a', 'b', 'c']) {
      queued.push(await nora.message.send({ to: o.aid.aid, payload: { text } }, { durable: true }));
    }
    expect(queued.map(({ status }) => status)).toEqual(['queued', 'queued', 'queued']);
    await omar.connect();
    await nora.connect({ durable: true });
    await nora.call('message.send', { to: o.aid.aid, payload: { text: 'd' } });
    await until(() => received.texts.length === 4 && sent.length === 4, 'all four');
    expect(received.texts).toEqual(['a', 'b', 'c', 'd']);
    expect(sent.slice(0, 3)).toEqual(queued.map(({ message_id }) => message_id));
  });

  it('leave before what is sent the moment the client is ready', async () => {
    const [n, o] = [await network.identity('nora'), await network.identity('omar')];
    const [nora, omar] = [network.client(n.aid), network.client(o.aid)];
    const received = collect(omar);
    await omar.connect();
    const send = (text: string) =>
      nora.message.send({ to: o.aid.aid, payload: { text }, encrypt: false }, { durable: true });
    for (const text of ['a', 'b']) await send(text);
    nora.on('state_change', ({ to }) => (to === 'ready' ? void send('c') : undefined));
    await nora.connect();
    await until(() => received.texts.length === 3, 'all three');
    expect(received.texts).toEqual(['a', 'b', 'c']);
  });

  it('keep the protected headers of the call, whatever the client is told later', async () => {
    const [n, o] = [await network.identity('nora'), await network.identity('omar')];
    const [nora, omar] = [network.client(n.aid), network.client(o.aid)];
    const headers: unknown[] = [];
    omar.on('message.received', ({ protected_headers }) => void headers.push(protected_headers));
    await omar.connect();
    nora.setProtectedHeaders({ early: '1' });
    for (const encrypt of [true, false]) {
      await nora.message.send({ to: o.aid.aid, payload: { text: 'a' }, encrypt }, { durable: true });
    }
    nora.setProtectedHeaders({ late: '2' });
    await nora.connect();
    await until(() => headers.length === 2, 'both');
    for (const own of headers) {
      expect(own).toMatchObject({ early: '1' });
      expect(own).not.toHaveProperty('late');
    }
  });

  it('survive a change of the key of their sender', async () => {
    const [n, o] = [await network.identity('nora'), await network.identity('omar')];
    const omar = network.client(o.aid);
    const received = collect(omar);
    await omar.connect();
    const before = network.client(n.aid);
    await before.message.send({ to: o.aid.aid, payload: { text: 'a' } }, { durable: true });
    await before.close();
    await okAsync(n.store.rekey(n.aid.aid));
    const after = network.client(ok(n.store.load(n.aid.aid)).aid);
    await after.message.send({ to: o.aid.aid, payload: { text: 'b' } }, { durable: true });
    await after.connect();
    await until(() => received.texts.length === 2, 'both');
    expect(received.texts).toEqual(['a', 'b']);
  });

  it('are refused at the call when a direct send would be refused, and with the same error', async () => {
    const { aid } = await network.identity('nora');
    const nora = network.client(aid);
    await nora.connect();
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const nameOf = (work: Promise<unknown>) =>
      work.then(
        () => 'sent',
        (error: unknown) => (error as Error).name,
      );
    for (const payload of [{ x: 1n }, circular, { x: Number.NaN }, { x: () => 1 }, { x: undefined }]) {
      const params = { to: aid.aid, payload: payload as never };
      const names = [false, true].map((durable) => nameOf(nora.message.send(params, { durable })));
      expect(await names[1]).toBe(await names[0]);
      expect(await names[1]).not.toBe('sent');
    }
  });

  it('have an id that does not wait for another recipient already', async () => {
    const { aid } = await network.identity('nora');
    const nora = network.client(aid);
    const send = (name: string) => {
      const to = `${name}.${network.gateway.issuer}`;
      return nora.message.send({ to, payload: { text: name }, message_id: 'one' }, { durable: true });
    };
    await send('omar');
    await send('omar');
    await expect(send('olga')).rejects.toMatchObject({
      name: 'ValidationError',
      data: { field: 'message_id' },
    });
  });

  it(`arrive once and in order although the sender is killed ${rounds} times`, async () => {
    const folder = await network.folder();
    const store = await network.store({ aunPath: folder });
    const name = network.gateway.newAid('nora');
    await okAsync(store.register(name));
    const { aid } = await network.identity('omar');
    const omar = network.client(aid);
    const received = collect(omar);
    await omar.connect();
    const program = join(folder, 'sender.mjs');
    const options = {
      aunPath: folder,
      encryptionSeed: 'test seed',
      rootCaPath: network.gateway.rootCaPath,
      discoveryPort: network.gateway.discoveryPort,
    };
    await writeFile(
      program,
      `import { AIDStore, AUNClient } from ${JSON.stringify(dist)};
const store = new AIDStore(${JSON.stringify(options)});
const client = new AUNClient(store.load(${JSON.stringify(name)}).data.aid);
client.on('outbox.sent', ({ message_id }) => process.send(message_id));
const [, , word] = process.argv;
const connecting = client.connect().then(() => process.send('ready'));
if (word !== 'last') {
  const payload = { text: word };
  const { message_id } = await client.message.send({ to: ${JSON.stringify(aid.aid)}, payload }, { durable: true });
  process.send('stored ' + message_id);
}
await connecting;
`,
    );
    let acknowledgedFirst = 0;
    for (let round = 0; round < rounds; round += 1) {
      const sender = new Sender(program, `m${round}`);
      await sender.reaches('stored');
      // On disk; under way for the first time; or in the middle of what earlier rounds have left.
      if (round % 3 === 1) await sender.reaches('ready');
      if (round % 3 === 2) await sender.reaches('sent');
      await sender.kill();
      if (sender.ownIsSent) acknowledgedFirst += 1;
    }
    const last = new Sender(program, 'last');
    await until(() => received.texts.length >= rounds, 'every message', 60_000);
    await last.kill();
    expect(received.texts).toEqual(Array.from({ length: rounds }, (_, round) => `m${round}`));
    // Kills that came after the acknowledgement prove nothing.
    expect(acknowledgedFirst).toBeLessThan(rounds / 4);
  }, 1_200_000);
});

/** A process that stores one durable message and then sends whatever it can. */
class Sender {
  readonly #child: ChildProcess;
  readonly #said: string[] = [];

  constructor(program: string, word: string) {
    this.#child = fork(program, [word], { stdio: 'inherit' });
    this.#child.on('message', (text) => void this.#said.push(String(text)));
  }

  /** Whether the message of this very process was acknowledged before its end. */
  get ownIsSent(): boolean {
    const own = this.#said.find((text) => text.startsWith('stored '))?.slice('stored '.length);
    return own !== undefined && this.#said.includes(own);
  }

  async reaches(point: 'stored' | 'ready' | 'sent'): Promise<void> {
    const sent = (text: string): boolean => text !== 'ready' && !text.startsWith('stored ');
    const here = (text: string): boolean => (point === 'sent' ? sent(text) : text.startsWith(point));
    await until(() => this.#said.some(here), `${point}, after ${this.#said.join()}`, 30_000);
  }

  /** SIGKILL: nothing in the process gets to run any more. */
  async kill(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}
