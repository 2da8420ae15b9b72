import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeFiles } from '../src/index.js';
import { newIssuer, newKeyPair } from './conformance/material.js';
import { instrument } from './crash/instrumented-files.js';
import { failureCode, newDirectory, openStore, recordingLogger } from './store-directory.js';

const aid = 'alice.files.test';
const keyOf = (path: string): string => join(path, 'AIDs', aid, 'private', 'key.json');
const runs = process.env.AUN_SOAK === '1' ? 2000 : 60;

describe('a damaged key file (08 §4.4)', () => {
  it('truncated anywhere is an error and stays as it is', async () => {
    const path = newDirectory();
    openStore({ path }).saveKeyPairSync(aid, newKeyPair());
    const whole = readFileSync(keyOf(path));
    const store = openStore({ path });
    for (const length of [0, 1, 10, 200, whole.length - 1]) {
      writeFileSync(keyOf(path), whole.subarray(0, length));
      expect(await failureCode(() => store.loadKeyPairSync(aid))).toBe('private_key_unreadable');
      expect(readFileSync(keyOf(path))).toEqual(whole.subarray(0, length));
    }
  });

  it('with one flipped bit never gives a wrong key', () => {
    const path = newDirectory();
    const keyPair = newKeyPair();
    openStore({ path }).saveKeyPairSync(aid, keyPair);
    const whole = readFileSync(keyOf(path));
    const store = openStore({ path });
    fc.assert(
      fc.property(fc.nat(whole.length * 8 - 1), (bit) => {
        const flipped = Buffer.from(whole);
        flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        writeFileSync(keyOf(path), flipped);
        try {
          const loaded = store.loadKeyPairSync(aid);
          // A renamed member is an unknown member: no key. A change in what nobody authenticates does no harm.
          expect([keyPair.privateKeyPem, undefined]).toContain(loaded?.privateKeyPem);
        } catch (error) {
          expect((error as { code?: string }).code).toBe('private_key_unreadable');
        }
        expect(readFileSync(keyOf(path))).toEqual(flipped);
      }),
      { numRuns: runs },
    );
  });

  it('is kept as a backup when a new key is saved over it', () => {
    const path = newDirectory();
    mkdirSync(join(path, 'AIDs', aid, 'private'), { recursive: true });
    writeFileSync(keyOf(path), 'damaged');
    const keyPair = newKeyPair();
    const store = openStore({ path });
    store.saveKeyPairSync(aid, keyPair);
    expect(store.loadKeyPairSync(aid)).toEqual(keyPair);
    expect(readFileSync(`${keyOf(path)}.v1`, 'utf8')).toBe('damaged');
  });

  it('keeps members that it does not know (08 §4.1)', () => {
    const path = newDirectory();
    const store = openStore({ path });
    store.saveKeyPairSync(aid, newKeyPair());
    const file = JSON.parse(readFileSync(keyOf(path), 'utf8')) as object;
    writeFileSync(keyOf(path), JSON.stringify({ ...file, note: { a: 1 } }));
    store.saveKeyPairSync(aid, newKeyPair());
    store.changeSeedSync('seed', 'next');
    expect(JSON.parse(readFileSync(keyOf(path), 'utf8'))).toMatchObject({ note: { a: 1 } });
  });

  it('makes a change of seed refuse, with nothing changed', async () => {
    const path = newDirectory();
    const store = openStore({ path });
    store.saveKeyPairSync(aid, newKeyPair());
    store.saveKeyPairSync('bobby.files.test', newKeyPair());
    const before = readFileSync(keyOf(path));
    writeFileSync(join(path, 'AIDs', 'bobby.files.test', 'private', 'key.json'), '{');
    expect(await failureCode(() => store.changeSeedSync('seed', 'next'))).toBe('private_key_unreadable');
    expect(readFileSync(keyOf(path))).toEqual(before);
    expect(readdirSync(path, { recursive: true }).filter((name) => /seed|\.v1/.test(String(name)))).toEqual(
      [],
    );
  });
});

describe('what does not belong to the store', () => {
  it('is neither listed nor touched', async () => {
    const path = newDirectory();
    const store = openStore({ path });
    const issuer = await newIssuer();
    const keyPair = newKeyPair();
    store.saveKeyPairSync(aid, keyPair);
    store.saveCertSync(aid, await issuer.issue(aid, keyPair));
    const foreign = [
      'AIDs/readme.txt',
      'AIDs/half/private/key.json',
      'AIDs/_other/private/key.json',
      'notes/a b.txt',
    ];
    for (const name of foreign) {
      mkdirSync(join(path, name, '..'), { recursive: true });
      writeFileSync(join(path, name), '{}');
    }
    expect(store.listIdentitiesSync().map((entry) => entry.aid)).toEqual([aid]);
    expect(store.changeSeedSync('seed', 'next')).toBe(1);
    for (const name of foreign) expect(readFileSync(join(path, name), 'utf8')).toBe('{}');
  });

  it('lets a pending directory of another form alone', async () => {
    const path = newDirectory();
    const store = openStore({ path });
    mkdirSync(join(path, 'AIDs', '_pending', `${aid}-1`), { recursive: true });
    expect(await store.listPending(aid)).toEqual([]);
    expect(await failureCode(() => store.discardPending(`${aid}-1`))).toBe('invalid_argument');
    expect(await failureCode(() => store.discardPending(`../../x-00000000-1`))).toBe('invalid_argument');
  });
});

describe('symbolic links', () => {
  it('are replaced by a write, never written through', () => {
    const path = newDirectory();
    const outside = join(newDirectory(), 'outside.json');
    const store = openStore({ path });
    const [first, second] = [newKeyPair(), newKeyPair()];
    store.saveKeyPairSync(aid, first);
    writeFileSync(outside, readFileSync(keyOf(path)), { mode: 0o644 });
    nodeFiles.unlink(keyOf(path));
    symlinkSync(outside, keyOf(path));
    const before = readFileSync(outside);
    expect(store.loadKeyPairSync(aid)).toEqual(first);
    store.saveKeyPairSync(aid, second);
    expect(store.loadKeyPairSync(aid)).toEqual(second);
    expect(lstatSync(keyOf(path)).isSymbolicLink()).toBe(false);
    expect(readFileSync(outside)).toEqual(before);
    expect(lstatSync(outside).mode & 0o777).toBe(0o644);
  });

  it('inside a pending directory are removed, not followed', async () => {
    const path = newDirectory();
    const outside = newDirectory();
    writeFileSync(join(outside, 'kept.txt'), 'kept');
    const store = openStore({ path });
    const handle = await store.createPending(aid, newKeyPair());
    symlinkSync(outside, join(path, 'AIDs', '_pending', handle, 'link'));
    await store.discardPending(handle);
    expect(existsSync(join(path, 'AIDs', '_pending', handle))).toBe(false);
    expect(readFileSync(join(outside, 'kept.txt'), 'utf8')).toBe('kept');
  });
});

describe('a folder that cannot be written', () => {
  const readOnly = () =>
    instrument(nodeFiles, (operation) => {
      if (!operation.changes || /^(open read|close|exec PRAGMA|database)/.test(operation.name)) return;
      throw Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS', syscall: 'open' });
    });

  it('can be read, and says so when it should be written', async () => {
    const path = newDirectory();
    const keyPair = newKeyPair();
    openStore({ path }).saveKeyPairSync(aid, keyPair);
    const store = openStore({ path, files: readOnly() });
    expect(store.loadKeyPairSync(aid)).toEqual(keyPair);
    const scope = { deviceId: 'd', slotId: 's' };
    for (const write of [
      () => store.saveKeyPairSync(aid, newKeyPair()),
      () => store.createPending(aid, newKeyPair()),
      () => store.updateInstanceState(aid, scope, () => ({})),
      () => store.saveAgentMd(aid, { content: new Uint8Array(1) }),
      () => store.changeSeed('seed', 'next'),
    ]) {
      expect(await failureCode(write)).toBe('read_only');
    }
    expect(openStore({ path }).loadKeyPairSync(aid)).toEqual(keyPair);
  });

  it('has the device id "default", with a warning (08 §3)', () => {
    const { lines, logger } = recordingLogger();
    expect(openStore({ path: newDirectory(), files: readOnly(), logger }).deviceIdSync()).toBe('default');
    expect(lines).toHaveLength(1);
  });

  it('still gives a legacy plaintext key', () => {
    const path = newDirectory();
    const keyPair = newKeyPair();
    mkdirSync(join(path, 'AIDs', aid, 'private'), { recursive: true });
    writeFileSync(keyOf(path), JSON.stringify({ private_key_pem: keyPair.privateKeyPem }));
    const { lines, logger } = recordingLogger();
    expect(openStore({ path, files: readOnly(), logger }).loadKeyPairSync(aid)).toEqual(keyPair);
    expect(lines).toContain('key store: a legacy key file cannot be re-written protected');
  });
});
