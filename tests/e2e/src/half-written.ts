import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AIDStore } from 'aun-client';
import { expect } from 'vitest';
import { unwrap } from './agent.js';

/** Nothing in the keystore looks like the identity, and nobody is told that it exists. */
export const expectNoIdentity = (store: AIDStore, aid: string): void => {
  expect(unwrap(store.list()).identities.map((identity) => identity.aid)).not.toContain(aid);
  expect(store.load(aid)).toMatchObject({ ok: false, error: { code: 'CERT_NOT_FOUND' } });
  const folder = join(store.aunPath, 'AIDs', aid);
  expect(existsSync(folder) ? readdirSync(folder, { recursive: true }).filter(isIdentityFile) : []).toEqual(
    [],
  );
};

const isIdentityFile = (name: string | Buffer): boolean => /key\.json|cert.*\.pem/.test(String(name));
