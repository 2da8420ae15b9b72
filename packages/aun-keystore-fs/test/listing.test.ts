import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nodeFiles } from '../src/index.js';
import { newIssuer, newKeyPair } from './conformance/material.js';
import { instrument } from './crash/instrumented-files.js';
import { failureCode, newDirectory, openStore } from './store-directory.js';

it('a second listing reads no file, and one changed identity costs two (07 §3.5)', async () => {
  const path = newDirectory();
  const issuer = await newIssuer();
  const keyPair = newKeyPair();
  const template = openStore({ path: newDirectory() });
  template.saveKeyPairSync('alice.list.test', keyPair);
  const key = nodeFiles.read(join(template.path, 'AIDs', 'alice.list.test', 'private', 'key.json'));
  const cert = await issuer.issue('alice.list.test', keyPair);
  const put = (name: string, pem: string) => {
    const directory = join(path, 'AIDs', name);
    mkdirSync(join(directory, 'private'), { recursive: true });
    mkdirSync(join(directory, 'public'), { recursive: true });
    writeFileSync(join(directory, 'private', 'key.json'), key);
    writeFileSync(join(directory, 'public', 'cert.pem'), pem);
  };
  for (let number = 0; number < 300; number += 1)
    put(`agent${String(number).padStart(3, '0')}.list.test`, cert);

  let reads = 0;
  const files = instrument(nodeFiles, (operation) => {
    if (operation.name === 'read') reads += 1;
  });
  const store = openStore({ path, files });
  expect(store.listIdentitiesSync()).toHaveLength(300);
  expect(reads).toBe(600);
  reads = 0;
  expect(await store.listIdentities()).toHaveLength(300);
  expect(reads).toBe(0);
  put('agent007.list.test', `${cert}\n`);
  expect(store.listIdentitiesSync().map((entry) => entry.aid)[7]).toBe('agent007.list.test');
  expect(reads).toBe(2);
});

it('an entry that cannot be read is left out and hides no other (07 §3.5)', async () => {
  const path = newDirectory();
  const issuer = await newIssuer();
  const template = openStore({ path });
  for (const name of ['alice.list.test', 'bobby.list.test', 'carol.list.test']) {
    const keyPair = newKeyPair();
    template.saveKeyPairSync(name, keyPair);
    template.saveCertSync(name, await issuer.issue(name, keyPair));
  }
  const link = join(path, 'AIDs', 'carol.list.test', 'private', 'key.json');
  rmSync(link);
  symlinkSync(link, link);
  let code = 'EACCES';
  const files = instrument(nodeFiles, (operation) => {
    if (operation.name === 'read' && operation.path.includes('bobby'))
      throw Object.assign(new Error(`${code}: refused`), { code, syscall: 'open' });
  });
  const store = openStore({ path, files });
  expect(store.listIdentitiesSync().map(({ aid }) => aid)).toEqual(['alice.list.test']);
  // Not a fault of the entry: a listing without it would be wrong.
  code = 'EMFILE';
  expect(await failureCode(() => store.listIdentities())).toBe('io');
});
