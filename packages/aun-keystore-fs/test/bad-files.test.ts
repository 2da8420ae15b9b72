import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
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

describe('something else under the name of a key file', () => {
  const put = (path: string): void => {
    mkdirSync(join(path, 'AIDs', aid, 'private'), { recursive: true });
  };

  it.skipIf(process.platform === 'win32')('such as a pipe is refused without waiting for it', async () => {
    const path = newDirectory();
    put(path);
    execFileSync('mkfifo', [keyOf(path)]);
    const store = openStore({ path });
    expect(await failureCode(() => store.loadKeyPairSync(aid))).toBe('io');
    expect(store.listIdentitiesSync()).toEqual([]);
  });

  it('such as a folder or an endless file is refused', async () => {
    for (const make of [
      (name: string) => mkdirSync(name),
      (name: string) => {
        writeFileSync(name, '');
        truncateSync(name, 3 * 1024 ** 3);
      },
    ]) {
      const path = newDirectory();
      put(path);
      make(keyOf(path));
      expect(await failureCode(() => openStore({ path }).loadKeyPairSync(aid))).toBe('io');
    }
  });
});

it('a certificate for a legacy key that stands alone in its file must be of that key (08 §8.3)', async () => {
  const path = newDirectory();
  const issuer = await newIssuer();
  const keyPair = newKeyPair();
  mkdirSync(join(path, 'AIDs', aid, 'private'), { recursive: true });
  writeFileSync(keyOf(path), JSON.stringify({ private_key_pem: keyPair.privateKeyPem }));
  const store = openStore({ path });
  const foreign = await issuer.issue(aid, newKeyPair());
  expect(await failureCode(() => store.saveCertSync(aid, foreign))).toBe('certificate_conflict');
  store.saveCertSync(aid, await issuer.issue(aid, keyPair));
});

it('a parked group key that is replaced while it is found unreadable stays (08 §5.4)', async () => {
  const path = newDirectory();
  const keyPair = newKeyPair();
  const group = 'room-1.files.test';
  const bind = join(path, 'AIDs', '_pending_binds', `${group}.json`);
  await openStore({ path }).savePendingBind(group, keyPair);
  const good = readFileSync(bind);
  writeFileSync(bind, 'damaged');
  const files = instrument(nodeFiles, (operation) => {
    if (operation.name === 'makeDirectory' && operation.path.endsWith('.lock')) writeFileSync(bind, good);
  });
  expect(await openStore({ path, files }).loadPendingBind(group)).toEqual(keyPair);
  expect(readdirSync(join(path, 'AIDs', '_pending_binds'))).toEqual([`${group}.json`]);
});

it('a device id is agreed on where there are no hard links (08 §3)', () => {
  const path = newDirectory();
  const files = instrument(nodeFiles, (operation) => {
    if (operation.name !== 'link') return;
    throw Object.assign(new Error('EPERM: operation not permitted'), { code: 'EPERM', syscall: 'link' });
  });
  const id = openStore({ path, files }).deviceIdSync();
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(openStore({ path, files }).deviceIdSync()).toBe(id);
  expect(readdirSync(path).sort()).toEqual(['.device_id', 'locks']);
});

it('temporary files of killed writers are removed after ten minutes, and nothing else is (08 §2)', () => {
  const path = newDirectory();
  const store = openStore({ path });
  store.saveKeyPairSync(aid, newKeyPair());
  const temps = ['old', 'young', 'future'].map((name) => `${keyOf(path)}.tmp-1-2-${name}`);
  for (const [index, minutes] of [11, 9, -60].entries()) {
    const temp = temps[index] ?? '';
    writeFileSync(temp, 'half');
    utimesSync(temp, Date.now() / 1000 - minutes * 60, Date.now() / 1000 - minutes * 60);
  }
  mkdirSync(`${keyOf(path)}.tmp-1-2-folder`);
  store.saveKeyPairSync(aid, newKeyPair());
  expect(temps.map((temp) => existsSync(temp))).toEqual([false, true, true]);
  expect(existsSync(`${keyOf(path)}.tmp-1-2-folder`)).toBe(true);
});

it('no error and no log line holds anything of a private key (08 K6)', async () => {
  const secret = 'c2VjcmV0IHNlY3JldCBzZWNyZXQ';
  const path = newDirectory();
  mkdirSync(join(path, 'AIDs', aid, 'private'), { recursive: true });
  const said: unknown[] = [];
  const keep = (...args: unknown[]): void => {
    said.push(args);
  };
  const logger = { debug: keep, info: keep, warn: keep, error: keep };
  const files = instrument(nodeFiles, (operation) => {
    if (operation.name === 'rename')
      throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'rename' });
  });
  const good = newKeyPair();
  const body = good.privateKeyPem.split('\n')[1] ?? '';
  for (const pem of [
    `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`,
    good.privateKeyPem,
  ]) {
    writeFileSync(keyOf(path), JSON.stringify({ private_key_pem: pem }));
    const store = openStore({ path, logger, files });
    const uses: readonly (() => Promise<unknown>)[] = [
      () => store.loadKeyPair(aid),
      () => store.changeSeed('seed', 'next'),
      () => store.saveKeyPair('bobby.files.test', { ...good, privateKeyPem: pem }),
    ];
    for (const use of uses) await use().catch(keep);
  }
  expect(said.length).toBeGreaterThan(3);
  const text = inspect(said, { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null });
  expect(text).not.toContain(secret);
  expect(text).not.toContain(body);
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

it('a device id that is a folder, no id or a broken link is "default" or replaced, and never fails (08 §3)', () => {
  const idOf = (make: (file: string) => void): { id: string; again: string; warnings: number } => {
    const path = newDirectory();
    make(join(path, '.device_id'));
    const { lines, logger } = recordingLogger();
    const id = openStore({ path, logger }).deviceIdSync();
    return { id, again: openStore({ path }).deviceIdSync(), warnings: lines.length };
  };
  const uuid = expect.stringMatching(/^[0-9a-f-]{36}$/);
  expect(idOf((file) => mkdirSync(file))).toEqual({ id: 'default', again: 'default', warnings: 1 });
  const overwritten = idOf((file) => writeFileSync(file, 'no id\n'));
  expect(overwritten).toEqual({ id: uuid, again: overwritten.id, warnings: 0 });
  const unlinked = idOf((file) => symlinkSync('/nowhere/at/all', file));
  expect(unlinked).toEqual({ id: uuid, again: unlinked.id, warnings: 0 });
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
