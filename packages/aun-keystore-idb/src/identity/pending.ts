import { isJsonObject, type KeyPairRecord, KeyStoreError, type PendingHandle } from 'aun-core';
import { hexEncode } from 'aun-crypto';
import type { StoreContext } from '../context.js';
import { readIn, writeIn } from '../db/transact.js';
import { checkedKeyPair, openKey, protectKey } from '../keys/protect-key.js';
import { entryName, pendingOwner, prefixRange } from '../record-keys.js';
import { readable } from './certificates.js';
import { keyRecordOf } from './previous-keys.js';

export async function createPending(
  context: StoreContext,
  aid: string,
  keyPair: KeyPairRecord,
): Promise<PendingHandle> {
  const name = entryName(aid);
  const now = context.clock.now();
  const handle: PendingHandle = `${name}-${hexEncode(context.random(4))}-${Math.floor(now / 1000)}`;
  const record = await protectKey(context, checkedKeyPair(keyPair), null);
  await writeIn(context.keystore, ['pending_identities'], (transaction) =>
    transaction
      .objectStore('pending_identities')
      .add({ aid, key_pair: record, created_at: now, updated_at: now }, handle),
  );
  context.notices.tell('pending', name);
  return handle;
}

/** Exactly `{dir}-<8 hex>-<seconds>`, newest first (08 §5.1). */
export async function listPending(context: StoreContext, aid: string): Promise<readonly PendingHandle[]> {
  const name = entryName(aid);
  const range = prefixRange(`${name}-`);
  const [handles, values] = await readIn(context.keystore, ['pending_identities'], async (transaction) => {
    const store = transaction.objectStore('pending_identities');
    return Promise.all([store.getAllKeys(range), store.getAll(range) as Promise<readonly unknown[]>]);
  });
  return handles
    .map((handle, index) => ({ handle: String(handle), time: createdAt(values[index]) }))
    .filter(({ handle }) => pendingOwner(handle) === name)
    .sort((a, b) => b.time - a.time || (a.handle < b.handle ? 1 : -1))
    .map(({ handle }) => handle);
}

const createdAt = (value: unknown): number =>
  isJsonObject(value) && typeof value.created_at === 'number' ? value.created_at : 0;

export async function loadPendingKeyPair(
  context: StoreContext,
  handle: PendingHandle,
): Promise<KeyPairRecord | null> {
  ownerOf(handle);
  return openKey(context, keyRecordOf(await readPending(context, handle)), `pending entry ${handle}`);
}

export async function loadPendingCert(context: StoreContext, handle: PendingHandle): Promise<string | null> {
  ownerOf(handle);
  return pendingCert(await readPending(context, handle));
}

/** PEM of a pending record; null when none has arrived. */
export const pendingCert = (value: unknown): string | null =>
  isJsonObject(value) && typeof value.cert === 'string' ? value.cert : null;

export async function savePendingCert(
  context: StoreContext,
  handle: PendingHandle,
  certPem: string,
): Promise<void> {
  const name = ownerOf(handle);
  readable(certPem);
  await writeIn(context.keystore, ['pending_identities'], async (transaction) => {
    const store = transaction.objectStore('pending_identities');
    const value: unknown = await store.get(handle);
    if (!isJsonObject(value) || keyRecordOf(value) === null) throw gone(handle);
    await store.put({ ...value, cert: certPem, updated_at: context.clock.now() }, handle);
  });
  context.notices.tell('pending', name);
}

/** Only for an entry that provably lost (08 K2, §5.2). */
export async function discardPending(context: StoreContext, handle: PendingHandle): Promise<void> {
  const name = ownerOf(handle);
  await writeIn(context.keystore, ['pending_identities'], (transaction) =>
    transaction.objectStore('pending_identities').delete(handle),
  );
  context.notices.tell('pending', name);
}

export const readPending = (context: StoreContext, handle: PendingHandle): Promise<unknown> =>
  readIn(context.keystore, ['pending_identities'], (transaction) =>
    transaction.objectStore('pending_identities').get(handle),
  );

/** @throws {KeyStoreError} `invalid_argument` for a text that `createPending` cannot have made */
export function ownerOf(handle: PendingHandle): string {
  const owner = pendingOwner(handle);
  if (owner !== null && entryName(owner, 'handle') === owner) return owner;
  throw new KeyStoreError('invalid_argument', 'handle: not a pending entry of this store');
}

export function gone(handle: PendingHandle): KeyStoreError {
  return new KeyStoreError('not_found', `pending entry ${handle}: it does not exist or holds no key`);
}
