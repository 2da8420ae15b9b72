import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeFiles } from '../src/index.js';
import { newKeyPair } from './conformance/material.js';
import { instrument } from './crash/instrumented-files.js';
import { failureCode, newDirectory, openStore } from './store-directory.js';

const aid = 'alice.legacy.test';
const bob = 'bobby.legacy.test';
const keyOf = (path: string, name = aid): string => join(path, 'AIDs', name, 'private', 'key.json');

describe('seeds of very old versions (08 §6.4)', () => {
  for (const file of ['.seed', '.seed.migrated.1700000000', '.seed.migrated.1700000000.1']) {
    it(`in ${file} open a key, which then stands under the store's seed`, () => {
      const path = newDirectory();
      const keyPair = newKeyPair();
      openStore({ path, seed: 'text in a file' }).saveKeyPairSync(aid, keyPair);
      writeFileSync(join(path, file), 'text in a file');
      expect(openStore({ path, seed: 'now' }).loadKeyPairSync(aid)).toEqual(keyPair);
      writeFileSync(join(path, file), 'gone');
      expect(openStore({ path, seed: 'now' }).loadKeyPairSync(aid)).toEqual(keyPair);
      expect(readdirSync(join(path, 'AIDs', aid, 'private'))).toEqual(['key.json']);
    });
  }

  it('are never made or used up by opening a store', () => {
    const path = newDirectory();
    writeFileSync(join(path, '.seed'), 'old');
    openStore({ path }).listIdentitiesSync();
    expect(readdirSync(path)).toEqual(['.seed']);
  });

  it('must be there to be changed from', async () => {
    const store = openStore({ path: newDirectory() });
    store.saveKeyPairSync(aid, newKeyPair());
    expect(await failureCode(() => store.changeSeedSync('.seed', 'next'))).toBe('seed_refused');
  });
});

describe('a change of seed (08 §6.2)', () => {
  it('finishes a store that a public SDK left half migrated', () => {
    const path = newDirectory();
    const [a, b] = [newKeyPair(), newKeyPair()];
    openStore({ path, seed: 'old' }).saveKeyPairSync(aid, a);
    openStore({ path, seed: 'new' }).saveKeyPairSync(bob, b);
    const store = openStore({ path, seed: 'old' });
    expect(store.changeSeedSync('old', 'new')).toBe(1);
    expect([store.loadKeyPairSync(aid), store.loadKeyPairSync(bob)]).toEqual([a, b]);
  });

  it('leaves pending material of another seed alone', async () => {
    const path = newDirectory();
    const parked = newKeyPair();
    const handle = await openStore({ path, seed: 'third' }).createPending(bob, parked);
    const store = openStore({ path, seed: 'old' });
    store.saveKeyPairSync(aid, newKeyPair());
    expect(store.changeSeedSync('old', 'new')).toBe(1);
    expect(await openStore({ path, seed: 'third' }).loadPendingKeyPair(handle)).toEqual(parked);
  });

  it('keeps backups under the old seed, or removes them when asked', () => {
    const path = newDirectory();
    const store = openStore({ path, seed: 'old' });
    store.saveKeyPairSync(aid, newKeyPair());
    store.changeSeedSync('old', 'new');
    expect(readdirSync(join(path, 'AIDs', aid, 'private'))).toEqual(['key.json', 'key.json.v1']);
    store.changeSeedSync('new', 'newer', { purgeBackups: true });
    expect(readdirSync(join(path, 'AIDs', aid, 'private'))).toEqual(['key.json']);
  });

  it('that another process decided and did not finish is finished by any store, without a seed', () => {
    const path = newDirectory();
    const keyPair = newKeyPair();
    const old = openStore({ path, seed: 'old' });
    old.saveKeyPairSync(aid, keyPair);
    const copy = newDirectory();
    cpSync(path, copy, { recursive: true });
    openStore({ path: copy, seed: 'old' }).changeSeedSync('old', 'new');
    cpSync(keyOf(copy), `${keyOf(path)}.seed-new`);
    const files = [`AIDs/${aid}/private/key.json`, 'AIDs/gone/private/key.json'];
    writeFileSync(
      join(path, '.seed-change.json'),
      JSON.stringify({ version: 1, started_at: 1, check: {}, files }),
    );
    expect(openStore({ path, seed: 'new' }).loadKeyPairSync(aid)).toEqual(keyPair);
    expect(readdirSync(path).sort()).toEqual(['AIDs', 'locks']);
  });

  it('that was decided while another process waited for the lock is finished before it writes', async () => {
    const path = newDirectory();
    const [old, next] = [newKeyPair(), newKeyPair()];
    openStore({ path, seed: 'old' }).saveKeyPairSync(aid, old);
    const changed = newDirectory();
    cpSync(path, changed, { recursive: true });
    openStore({ path: changed, seed: 'old' }).changeSeedSync('old', 'new');
    const files = instrument(nodeFiles, (operation) => {
      if (operation.name !== 'makeDirectory' || !operation.path.endsWith(`${aid}.lock`) || decided) return;
      decided = true;
      cpSync(keyOf(changed), `${keyOf(path)}.seed-new`);
      const journal = { version: 1, started_at: 1, check: {}, files: [`AIDs/${aid}/private/key.json`] };
      writeFileSync(join(path, '.seed-change.json'), JSON.stringify(journal));
    });
    let decided = false;
    const store = openStore({ path, seed: 'new', files });
    await store.saveKeyPair(aid, next);
    expect(decided).toBe(true);
    expect(await store.loadKeyPair(aid)).toEqual(next);
    expect(await store.loadPreviousKeyPairs(aid, 3)).toEqual([old]);
    expect(readdirSync(path).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('refuses a journal that names files outside the store', async () => {
    const path = newDirectory();
    const store = openStore({ path });
    store.saveKeyPairSync(aid, newKeyPair());
    const journal = join(path, '.seed-change.json');
    for (const file of ['../x', '/etc/passwd', 'AIDs/../../x', 7]) {
      writeFileSync(journal, JSON.stringify({ version: 1, files: [file] }));
      expect(await failureCode(() => store.loadKeyPairSync(aid))).toBe('io');
      expect(readFileSync(journal, 'utf8')).toContain('version');
    }
  });
});

it('a legacy plaintext key is protected on the first load and leaves no copy in the clear (08 §4.6)', () => {
  const path = newDirectory();
  const keyPair = newKeyPair();
  mkdirSync(join(path, 'AIDs', aid, 'private'), { recursive: true });
  writeFileSync(keyOf(path), JSON.stringify({ private_key_pem: keyPair.privateKeyPem, extra: 1 }));
  const store = openStore({ path });
  expect(store.loadKeyPairSync(aid)).toEqual(keyPair);
  expect(store.loadKeyPairSync(aid)).toEqual(keyPair);
  expect(readdirSync(join(path, 'AIDs', aid, 'private'))).toEqual(['key.json']);
  expect(readFileSync(keyOf(path), 'utf8')).not.toContain('PRIVATE KEY-----');
  expect(JSON.parse(readFileSync(keyOf(path), 'utf8'))).toMatchObject({ extra: 1, curve: 'P-256' });
});

it('a plaintext key that is replaced is backed up encrypted', async () => {
  const path = newDirectory();
  const old = newKeyPair();
  mkdirSync(join(path, 'AIDs', aid, 'private'), { recursive: true });
  writeFileSync(keyOf(path), JSON.stringify({ private_key_pem: old.privateKeyPem }));
  const store = openStore({ path });
  store.saveKeyPairSync(aid, newKeyPair());
  expect(readFileSync(`${keyOf(path)}.v1`, 'utf8')).not.toContain('PRIVATE KEY-----');
  expect(await store.loadPreviousKeyPairs(aid, 3)).toEqual([old]);
});
