import { type JsonObject, type KeyPairRecord, KeyStoreError } from 'aun-core';
import type { StoreContext } from '../context.js';
import { readIn, writeIn } from '../db/transact.js';
import { assertUnchanged, sameValue, untilUnchanged } from '../db/unchanged.js';
import { type KeyRecord, keyPairOfPem, parseKeyRecord } from '../keys/key-record.js';
import { checkedKeyPair, openKey, protectKey, tryOpenKey } from '../keys/protect-key.js';
import { entryName } from '../record-keys.js';
import { keepPrevious } from './previous-keys.js';

export const readKeyRecord = (context: StoreContext, name: string): Promise<unknown> =>
  readIn(context.keystore, ['key_pairs'], (transaction) => transaction.objectStore('key_pairs').get(name));

/** Null when no key is stored. A key found in the clear is re-written protected (08 §10.1). */
export async function loadKeyPair(context: StoreContext, aid: string): Promise<KeyPairRecord | null> {
  const name = entryName(aid);
  const value = await readKeyRecord(context, name);
  const record = parseKeyRecord(value);
  const keyPair = await openKey(context, record, name);
  if (record !== null && keyPair !== null && holdsPlaintext(record)) {
    await reprotect(context, name, value, keyPair, record);
  }
  return keyPair;
}

/** Also beside an envelope: old builds left it there. */
const holdsPlaintext = (record: KeyRecord): boolean =>
  record.kind === 'plaintext' || (record.kind === 'protected' && 'private_key_pem' in record.members);

/** Best effort: a store that cannot be written can still be read. */
async function reprotect(
  context: StoreContext,
  name: string,
  found: unknown,
  keyPair: KeyPairRecord,
  record: KeyRecord,
): Promise<void> {
  const value = await protectKey(context, keyPair, record);
  try {
    await writeIn(context.keystore, ['key_pairs'], async (transaction) => {
      const store = transaction.objectStore('key_pairs');
      if (sameValue(await store.get(name), found)) await store.put(value, name);
    });
  } catch (error) {
    context.logger.warn('key store: a legacy key cannot be re-written protected', {
      name,
      reason: error instanceof Error ? error.message : String(error),
    });
  }
}

/** Replaces the key; another one that was there stays as an encrypted version (08 K2). */
export function saveKeyPair(context: StoreContext, aid: string, keyPair: KeyPairRecord): Promise<void> {
  const name = entryName(aid);
  const checked = checkedKeyPair(keyPair);
  return untilUnchanged(async () => {
    const before = await readKeyRecord(context, name);
    const record = parseKeyRecord(before);
    if (record?.kind === 'protected') {
      const stored = await tryOpenKey(context, record);
      if (stored?.publicKeyDerB64 === checked.publicKeyDerB64) return;
    }
    const value = await protectKey(context, checked, record);
    const backup = await backupOf(context, before, record);
    await writeIn(context.keystore, ['key_pairs', 'pending_identities'], async (transaction) => {
      const store = transaction.objectStore('key_pairs');
      assertUnchanged(await store.get(name), before);
      if (backup !== null) await keepPrevious(transaction, name, backup, context.clock.now());
      await store.put(value, name);
    });
    context.notices.tell('identities', name);
  });
}

/** What is kept of a replaced record: never a key in the clear. Null when there is nothing to keep. */
export async function backupOf(
  context: StoreContext,
  value: unknown,
  record: KeyRecord | null,
): Promise<unknown> {
  if (record === null || record.kind === 'no-key') return null;
  if (record.kind !== 'plaintext') return withoutPlaintext(value, record);
  const keyPair = keyPairOfPem(record.pem) ?? {
    privateKeyPem: record.pem,
    publicKeyDerB64: '',
    curve: 'P-256',
  };
  return protectKey(context, keyPair, record);
}

function withoutPlaintext(value: unknown, record: KeyRecord): unknown {
  if (record.kind !== 'protected') return value;
  const { private_key_pem: _, ...rest } = record.members as JsonObject;
  return rest;
}

export function conflict(name: string): KeyStoreError {
  return new KeyStoreError('identity_exists', `${name}: another private key is stored already`);
}
