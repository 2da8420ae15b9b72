import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newIssuer, newKeyPair, newPrekey } from './conformance/material.js';
import { newDirectory, openStore } from './store-directory.js';

const aid = 'alice.modes.test';
const modes = (path: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(path, { recursive: true })
      .map(String)
      .sort()
      .map((name) => [name, (lstatSync(join(path, name)).mode & 0o777).toString(8)]),
  );

describe.skipIf(process.platform === 'win32')('permissions (08 K4)', () => {
  it('are 0700 for directories and 0600 for files, whatever the umask', async () => {
    const previous = process.umask(0);
    try {
      const path = join(newDirectory(), 'store');
      const store = openStore({ path });
      const issuer = await newIssuer();
      const keyPair = newKeyPair();
      await store.deviceId();
      await store.saveKeyPair(aid, newKeyPair());
      await store.saveKeyPair(aid, keyPair);
      await store.saveCert(aid, await issuer.issue(aid, keyPair));
      await store.savePrekey(aid, 'd', newPrekey('', 1));
      await store.saveAgentMd(aid, { content: new Uint8Array(1) });
      await store.saveTrustRoots({}, [{ name: 'root', certPem: issuer.rootPem }]);
      await store.saveDnsEntry('host.test', '127.0.0.1', 443);
      await store.createPending(aid, newKeyPair());
      const wrong = Object.entries(modes(path)).filter(
        ([name, mode]) => mode !== (lstatSync(join(path, name)).isDirectory() ? '700' : '600'),
      );
      expect(wrong).toEqual([]);
      expect(lstatSync(path).mode & 0o777).toBe(0o700);
    } finally {
      process.umask(previous);
    }
  });

  it('of key files and databases are tightened when they are opened', async () => {
    const path = newDirectory();
    const first = openStore({ path });
    first.saveKeyPairSync(aid, newKeyPair());
    await first.deviceId();
    await first.savePrekey(aid, 'd', newPrekey('', 1));
    await first.close();
    const secrets = [
      '.device_id',
      `AIDs/${aid}/private`,
      `AIDs/${aid}/private/key.json`,
      `AIDs/${aid}/aun.db`,
    ];
    for (const name of secrets) chmodSync(join(path, name), name.endsWith('private') ? 0o755 : 0o644);
    const second = openStore({ path });
    second.deviceIdSync();
    second.loadKeyPairSync(aid);
    await second.loadMetadata(aid);
    for (const name of secrets) expect(lstatSync(join(path, name)).mode & 0o077).toBe(0);
  });
});
