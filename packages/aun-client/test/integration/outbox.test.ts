import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, okAsync, TestNetwork, until } from '../support/network.js';

const dist = new URL('../../dist/index.js', import.meta.url).href;
const rounds = process.env.AUN_SOAK === '1' ? 100 : 5;

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

  it('arrive once although the sender is killed again and again', async () => {
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
if (process.argv[2] === 'last') await client.connect();
else {
  void client.connect();
  await client.message.send({ to: ${JSON.stringify(aid.aid)}, payload: { text: process.argv[2] } }, { durable: true });
}
process.send('stored');
setInterval(() => undefined, 1000);
`,
    );
    const run = async (word: string) => {
      const child = fork(program, [word], { stdio: 'inherit' });
      await once(child, 'message');
      return child;
    };
    for (let round = 0; round < rounds; round += 1) {
      const child = await run(`m${round}`);
      // At some moment between "on disk" and "acknowledged".
      await new Promise((resolve) => setTimeout(resolve, (round * 37) % 150));
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const last = await run('last');
    await until(() => received.texts.length >= rounds, 'every message', 20_000);
    last.kill('SIGKILL');
    expect(received.texts).toEqual(Array.from({ length: rounds }, (_, round) => `m${round}`));
  }, 60_000);
});
