import { type JsonObject, type KeyPairRecord, KeyStoreError } from 'aun-core';
import type { StoreContext } from '../context.js';
import { openEnvelope, sealEnvelope } from './envelope.js';
import { encodeKeyRecord, type KeyRecord, keyPairOfPem } from './key-record.js';

/** The record for a key pair under a seed, checked by decrypting it again. */
export async function protectKey(
  context: StoreContext,
  keyPair: KeyPairRecord,
  older: KeyRecord | null,
  seed = context.seed.current,
): Promise<JsonObject> {
  const envelope = await sealEnvelope(seed, keyPair.privateKeyPem, context.random, context.keyring);
  if ((await openEnvelope(seed, { ...envelope }, context.keyring)) !== keyPair.privateKeyPem) {
    throw new KeyStoreError('io', 'the new key record does not decrypt');
  }
  return encodeKeyRecord(keyPair, envelope, older);
}

/** A key pair as an application hands it over, its public part computed anew. */
export function checkedKeyPair(keyPair: KeyPairRecord): KeyPairRecord {
  const checked = keyPairOfPem(keyPair.privateKeyPem);
  if (checked !== null) return checked;
  throw new KeyStoreError('invalid_argument', 'privateKeyPem: not a PKCS#8 P-256 private key');
}

/**
 * The key pair of a record; null when it holds no key.
 *
 * @throws {KeyStoreError} `private_key_unreadable` (08 §4.4)
 */
export async function openKey(
  context: StoreContext,
  record: KeyRecord | null,
  what: string,
  seed = context.seed.current,
): Promise<KeyPairRecord | null> {
  if (record === null || record.kind === 'no-key') return null;
  if (record.kind === 'damaged') throw unreadable(what, 'the record is damaged');
  const pem =
    record.kind === 'plaintext' ? record.pem : await openEnvelope(seed, record.envelope, context.keyring);
  if (pem === null) throw unreadable(what, 'the seed is wrong or the record is damaged');
  const keyPair = keyPairOfPem(pem);
  if (keyPair === null) throw unreadable(what, 'it holds no P-256 private key');
  return keyPair;
}

/** Like `openKey`, null for what cannot be read. */
export async function tryOpenKey(
  context: StoreContext,
  record: KeyRecord | null,
  seed = context.seed.current,
): Promise<KeyPairRecord | null> {
  try {
    return await openKey(context, record, '', seed);
  } catch (error) {
    if (error instanceof KeyStoreError && error.code === 'private_key_unreadable') return null;
    throw error;
  }
}

export function unreadable(what: string, why: string): KeyStoreError {
  return new KeyStoreError('private_key_unreadable', `private key of ${what}: ${why}`);
}
