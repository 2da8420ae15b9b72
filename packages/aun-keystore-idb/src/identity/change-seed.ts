import { type ChangeSeedOptions, isJsonObject, type KeyPairRecord, KeyStoreError } from 'aun-core';
import type { StoreContext } from '../context.js';
import { readIn, writeIn } from '../db/transact.js';
import { assertUnchanged, untilUnchanged } from '../db/unchanged.js';
import { type KeyRecord, parseKeyRecord } from '../keys/key-record.js';
import { protectKey, tryOpenKey, unreadable } from '../keys/protect-key.js';
import { isPreviousKey } from '../record-keys.js';
import { keyRecordOf } from './previous-keys.js';

const STORES = ['key_pairs', 'pending_identities', 'pending_binds'] as const;
const LEGACY = '.seed';

/** One record that holds a key, as it was read. */
interface Found {
  readonly store: (typeof STORES)[number];
  readonly key: IDBValidKey;
  readonly value: unknown;
  readonly record: KeyRecord | null;
}

interface Rewrite extends Found {
  readonly next: unknown;
}

/**
 * Re-encrypts every private key under another seed, in one transaction (08 §10.3): identities, which must all open,
 * and what opens of pending keys, parked group keys and replaced keys. Returns the number of identities rewritten.
 *
 * @throws {KeyStoreError} `invalid_argument`, `private_key_unreadable` (wrong old seed), `seed_refused` (no key at all)
 */
export async function changeSeed(
  context: StoreContext,
  oldSeed: string,
  newSeed: string,
  options: ChangeSeedOptions = {},
): Promise<number> {
  if (oldSeed === newSeed) return 0;
  if (newSeed === '' && options.allowEmpty !== true) {
    throw new KeyStoreError(
      'invalid_argument',
      'newSeed: the key of the empty seed is publicly known; pass allowEmpty to insist',
    );
  }
  if (oldSeed === LEGACY) throw new KeyStoreError('seed_refused', 'there is no .seed file in a browser');
  const count = await untilUnchanged(() => attempt(context, oldSeed, newSeed, options));
  context.seed.current = newSeed;
  context.notices.tell('seed');
  return count;
}

async function attempt(
  context: StoreContext,
  oldSeed: string,
  newSeed: string,
  options: ChangeSeedOptions,
): Promise<number> {
  const found = await readAll(context);
  const identities = found.filter(({ store, record }) => store === 'key_pairs' && holdsKey(record));
  if (identities.length === 0) throw new KeyStoreError('seed_refused', 'the store holds no private key');
  const rewrites: Rewrite[] = [];
  for (const entry of found) {
    const rewrite = await rewriteOf(context, entry, oldSeed, newSeed);
    if (rewrite !== null) rewrites.push(rewrite);
  }
  await writeIn(context.keystore, STORES, async (transaction) => {
    // Also a record that came meanwhile would stay under the old seed.
    for (const name of STORES) {
      const before = found.filter(({ store }) => store === name).map(({ key, value }) => [key, value]);
      const store = transaction.objectStore(name);
      const [keys, values] = await Promise.all([store.getAllKeys(), store.getAll()]);
      assertUnchanged(
        keys.map((key, index) => [key, values[index]]),
        before,
      );
    }
    for (const { store, key, next } of rewrites) await transaction.objectStore(store).put(next, key);
    if (options.purgeBackups !== true) return;
    for (const { key } of found.filter(isBackup))
      await transaction.objectStore('pending_identities').delete(key);
  });
  return rewrites.filter(({ store }) => store === 'key_pairs').length;
}

const holdsKey = (record: KeyRecord | null): boolean => record !== null && record.kind !== 'no-key';
const isBackup = ({ store, key }: Found): boolean =>
  store === 'pending_identities' && typeof key === 'string' && isPreviousKey(key);

async function readAll(context: StoreContext): Promise<readonly Found[]> {
  return readIn(context.keystore, STORES, async (transaction) => {
    const perStore = await Promise.all(
      STORES.map(async (store) => {
        const objects = transaction.objectStore(store);
        const [keys, values] = await Promise.all([objects.getAllKeys(), objects.getAll()]);
        return keys.map((key, index) => {
          const value: unknown = values[index];
          const record = store === 'pending_identities' ? keyRecordOf(value) : parseKeyRecord(value);
          return { store, key, value, record };
        });
      }),
    );
    return perStore.flat();
  });
}

/** Null when there is nothing to do: no key, already under the new seed, or a pending one of some other seed. */
async function rewriteOf(
  context: StoreContext,
  entry: Found,
  oldSeed: string,
  newSeed: string,
): Promise<Rewrite | null> {
  const { store, key, value, record } = entry;
  if (record === null || record.kind === 'no-key') return null;
  const keyPair = await tryOpenKey(context, record, oldSeed);
  if (keyPair === null) {
    if (store !== 'key_pairs' || (await tryOpenKey(context, record, newSeed)) !== null) return null;
    throw unreadable(String(key), 'it does not open with the old seed; nothing was changed');
  }
  return { ...entry, next: await rewritten(context, value, record, keyPair, newSeed, store) };
}

async function rewritten(
  context: StoreContext,
  value: unknown,
  record: KeyRecord,
  keyPair: KeyPairRecord,
  seed: string,
  store: Found['store'],
): Promise<unknown> {
  const next = await protectKey(context, keyPair, record, seed);
  return store === 'pending_identities' && isJsonObject(value) ? { ...value, key_pair: next } : next;
}
