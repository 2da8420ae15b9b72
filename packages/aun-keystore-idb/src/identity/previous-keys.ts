import type { KeyPairRecord } from 'aun-core';
import type { StoreContext } from '../context.js';
import { readIn, type WriteTransaction } from '../db/transact.js';
import { type KeyRecord, parseKeyRecord } from '../keys/key-record.js';
import { tryOpenKey } from '../keys/protect-key.js';
import { entryName, prefixRange, previousKey, previousPrefix } from '../record-keys.js';

/** Member of `pending_identities` records that holds a key record. */
export const keyRecordOf = (value: unknown): KeyRecord | null =>
  typeof value === 'object' && value !== null && 'key_pair' in value ? parseKeyRecord(value.key_pair) : null;

/** Keeps a replaced key record (08 K2), in the transaction that replaces it. */
export async function keepPrevious(
  transaction: WriteTransaction,
  name: string,
  keyPair: unknown,
  now: number,
): Promise<void> {
  const store = transaction.objectStore('pending_identities');
  const newest = (await store.getAllKeys(prefixRange(previousPrefix(name)))).at(-1);
  const number = newest === undefined ? 1 : Number(String(newest).slice(previousPrefix(name).length)) + 1;
  await store.put({ key_pair: keyPair, created_at: now, updated_at: now }, previousKey(name, number));
}

/** Earlier keys that open under the current seed, newest first, without the active one (08 §7.7). */
export async function loadPreviousKeyPairs(
  context: StoreContext,
  aid: string,
  limit: number,
): Promise<readonly KeyPairRecord[]> {
  const name = entryName(aid);
  const [active, versions] = await readIn(
    context.keystore,
    ['key_pairs', 'pending_identities'],
    async (transaction) => {
      const range = prefixRange(previousPrefix(name));
      return Promise.all([
        transaction.objectStore('key_pairs').get(name) as Promise<unknown>,
        transaction.objectStore('pending_identities').getAll(range) as Promise<readonly unknown[]>,
      ]);
    },
  );
  const current = await tryOpenKey(context, parseKeyRecord(active));
  const seen = new Set(current === null ? [] : [current.publicKeyDerB64]);
  const previous: KeyPairRecord[] = [];
  for (const version of versions.toReversed()) {
    if (previous.length >= limit) break;
    const keyPair = await tryOpenKey(context, keyRecordOf(version));
    if (keyPair === null || seen.has(keyPair.publicKeyDerB64)) continue;
    seen.add(keyPair.publicKeyDerB64);
    previous.push(keyPair);
  }
  return previous;
}
