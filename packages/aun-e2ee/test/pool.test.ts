import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'tsup';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEnvelope, RecipientCache } from '../src/index.js';
import { WrapPool } from '../src/pool.js';
import { GROUP, ivo, keysOf, makeDevice, NOW, targetFor } from './fixtures.js';

const outDir = fileURLToPath(new URL('../node_modules/.pool-test/', import.meta.url));
let pool: WrapPool;

beforeAll(async () => {
  await mkdir(outDir, { recursive: true });
  const entry = { 'pool-worker': fileURLToPath(new URL('../src/pool-worker.ts', import.meta.url)) };
  const shared = { format: 'esm', platform: 'node', silent: true, dts: false, clean: false } as const;
  await build({ ...shared, config: false, entry, outDir, splitting: false });
  pool = new WrapPool({ size: 2, minRows: 2, workerUrl: pathToFileURL(`${outDir}pool-worker.js`) });
}, 60_000);

afterAll(async () => {
  await pool.close();
  await rm(outDir, { recursive: true, force: true });
});

const devices = Array.from({ length: 9 }, (_, i) => makeDevice(`m${i}.agents.example`, 'd'));
const targets = devices.map((device, i) => targetFor(device, 'member', i % 3 === 0 ? '1DH' : '3DH'));
const message = {
  ...{ sender: ivo, targets, payload: { type: 'text' }, timestamp: NOW, groupId: GROUP, epoch: 1 },
};

describe('a pool of worker threads', () => {
  it('makes an envelope that every recipient opens, cold and with the secrets it learned', async () => {
    const cache = new RecipientCache();
    for (let round = 0; round < 2; round++) {
      const envelope = await pool.encryptGroup(message, { cache });
      for (const device of devices) {
        const opened = openEnvelope(envelope, keysOf(device), { from: ivo.aid, groupId: GROUP });
        expect(opened.ok ? opened.data.payload : opened.error).toEqual({ type: 'text' });
      }
    }
    expect(targets.filter((t) => t.prekey && cache.peekSecret(ivo.identityKey, t.prekey))).toHaveLength(6);
  });

  it('keeps several envelopes at once apart', async () => {
    const envelopes = await Promise.all(
      [1, 2, 3].map((n) => pool.encryptGroup({ ...message, payload: { n } })),
    );
    for (const [i, envelope] of envelopes.entries()) {
      const opened = openEnvelope(envelope, keysOf(devices[4] as never));
      expect(opened.ok && opened.data.payload).toEqual({ n: i + 1 });
    }
  });

  it('refuses work after it was closed', async () => {
    const other = new WrapPool({ size: 1, workerUrl: pathToFileURL(`${outDir}pool-worker.js`) });
    await other.close();
    await expect(other.encryptGroup(message)).rejects.toMatchObject({ localCode: 'wrap_pool_failed' });
  });

  it('a worker that cannot start fails the envelope instead of hanging', async () => {
    const broken = new WrapPool({ size: 1, minRows: 2, workerUrl: pathToFileURL(`${outDir}absent.js`) });
    await expect(broken.encryptGroup(message)).rejects.toMatchObject({ localCode: 'wrap_pool_failed' });
    await broken.close();
  });
});
