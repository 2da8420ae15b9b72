import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestNetwork } from '../support/network.js';

const dist = new URL('../../dist/index.js', import.meta.url).href;

describe('a program that closes its clients', () => {
  let network: TestNetwork;
  let folder: string;

  beforeAll(async () => {
    network = await TestNetwork.start();
    folder = await mkdtemp(join(tmpdir(), 'aun-leaks-'));
  });
  afterAll(async () => {
    await network.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('ends by itself: no timer and no socket keeps it alive', async () => {
    const { rootCaPath, discoveryPort } = network.gateway;
    const [nora, omar] = [network.gateway.newAid('nora'), network.gateway.newAid('omar')];
    const program = join(folder, 'program.mjs');
    await writeFile(
      program,
      `import { AIDStore, AUNClient } from ${JSON.stringify(dist)};
const store = new AIDStore(${JSON.stringify({ aunPath: join(folder, 'keys'), encryptionSeed: '', rootCaPath, discoveryPort })});
const clients = [];
for (const aid of ${JSON.stringify([nora, omar])}) {
  const registered = await store.register(aid);
  if (!registered.ok) throw new Error(registered.error.message);
  const client = new AUNClient(store.load(aid).data.aid);
  await client.connect();
  clients.push(client);
}
const got = new Promise((resolve) => clients[1].on('message.received', resolve));
await clients[0].call('message.send', { to: ${JSON.stringify(omar)}, payload: { text: 'x' } });
await got;
for (const client of clients) await client.close();
store.close();
console.log(process.getActiveResourcesInfo().filter((kind) => /Timeout|TLS|TCP/.test(kind)).join(',') || 'nothing left');
`,
    );
    const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 20_000 });
    expect(stdout.trim()).toBe('nothing left');
  });
});
