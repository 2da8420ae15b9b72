import { type JsonObject, type KeyPairRecord, KeyStoreError } from 'aun-core';
import { utf8Encode, wipe } from 'aun-crypto';
import type { StoreContext } from '../context.js';
import { tightenMode } from '../files/permissions.js';
import { readTextIfPresent } from '../files/read.js';
import { replaceFile } from '../files/replace-file.js';
import { whileLocked } from '../lock/identity-lock.js';
import type { Steps } from '../steps.js';
import { encodeKeyFile, type KeyFile, keyPairOfPem, parseKeyFile, publicKeyOf } from './key-file.js';
import { backupNumbers, writeBackup } from './key-versions.js';
import { legacySeeds } from './legacy-seed.js';
import { openRecord, type RecordName, sealRecord } from './protected-record.js';

/** One place where a key pair is kept: file, scope and name of its record (08 §4.2). */
export interface KeySlot {
  readonly path: string;
  readonly scope: string;
  readonly name: RecordName;
  /** Key of the identity lock that guards the file (08 §8.1). */
  readonly lock: string;
}

/** Null when there is no file. Tightens the rights of the file on the way (08 K4). */
export function readKeyFile(context: StoreContext, path: string): KeyFile | null {
  const text = readTextIfPresent(context.files, path);
  if (text === null) return null;
  tightenMode(context.files, path, context.logger);
  return parseKeyFile(text);
}

/**
 * The decrypted key pair; null when no key is stored. A legacy plaintext key, and one that only opens with an old
 * `.seed` file, is re-written under the store's seed.
 *
 * @throws {KeyStoreError} `private_key_unreadable` (08 §4.4)
 */
export function* loadKey(context: StoreContext, slot: KeySlot): Steps<KeyPairRecord | null> {
  const file = readKeyFile(context, slot.path);
  if (file === null || file.kind === 'no-key') return null;
  if (file.kind === 'damaged') throw unreadable(slot, 'it is not JSON');
  if (file.kind === 'plaintext') {
    const keyPair = keyPairOfPem(file.pem);
    if (keyPair === null) throw unreadable(slot, 'it holds no P-256 private key');
    yield* reprotect(context, slot, keyPair, file);
    return keyPair;
  }
  const opened = yield* openWith(context, slot, file.record, context.seed.current);
  if (opened !== null) return opened;
  for (const seed of legacySeeds(context)) {
    const legacy = yield* openWith(context, slot, file.record, seed);
    if (legacy === null) continue;
    yield* reprotect(context, slot, legacy, file);
    return legacy;
  }
  throw unreadable(slot, 'the seed is wrong or the file is damaged');
}

/** Null when the record does not open under this seed; throws when it opens to something that is no key. */
export function* openWith(
  context: StoreContext,
  slot: KeySlot,
  record: JsonObject,
  seed: string | Uint8Array,
): Steps<KeyPairRecord | null> {
  const fieldKey = yield* context.keyring.fieldKey(seed, slot.scope, slot.name);
  const plaintext = openRecord(fieldKey, slot.name, record);
  if (plaintext === null) return null;
  const keyPair = keyPairOfPem(textOf(plaintext));
  wipe(plaintext);
  if (keyPair === null) throw unreadable(slot, 'it decrypts to something that is no P-256 private key');
  return keyPair;
}

/** Content of the key file for a key pair, checked by decrypting it again. */
export function* protectKey(
  context: StoreContext,
  slot: KeySlot,
  keyPair: KeyPairRecord,
  seed: string,
  older?: JsonObject,
): Steps<Uint8Array> {
  const fieldKey = yield* context.keyring.fieldKey(seed, slot.scope, slot.name);
  const plaintext = utf8Encode(keyPair.privateKeyPem);
  const record = sealRecord(fieldKey, slot.name, plaintext, context.random);
  wipe(plaintext);
  const check = openRecord(fieldKey, slot.name, record);
  if (check === null || textOf(check) !== keyPair.privateKeyPem) {
    throw new KeyStoreError('io', `the new record for ${slot.path} does not decrypt`);
  }
  wipe(check);
  return encodeKeyFile(keyPair, record, older);
}

/** Writes the key pair; an older, different key stays as an encrypted backup (08 §4.5). The lock is held. */
export function* saveKey(context: StoreContext, slot: KeySlot, keyPair: KeyPairRecord): Steps<void> {
  const checked = keyPairOfPem(keyPair.privateKeyPem);
  if (checked === null)
    throw new KeyStoreError('invalid_argument', 'privateKeyPem: not a PKCS#8 P-256 private key');
  const text = readTextIfPresent(context.files, slot.path);
  const file = text === null ? null : parseKeyFile(text);
  if (text !== null && file !== null) {
    if (file.kind === 'protected') {
      const stored = yield* tryOpen(context, slot, file.record);
      if (stored !== null && stored.publicKeyDerB64 === checked.publicKeyDerB64) return;
    }
    yield* backUp(context, slot, file, utf8Encode(text));
  }
  const bytes = yield* protectKey(context, slot, checked, context.seed.current, membersOf(file));
  replaceFile(context, slot.path, bytes);
}

/** Earlier keys that open under the current seed, newest backup first, without the active one (08 §7.7). */
export function* loadPreviousKeys(
  context: StoreContext,
  slot: KeySlot,
  limit: number,
): Steps<readonly KeyPairRecord[]> {
  const active = readKeyFile(context, slot.path);
  const seen = new Set<string>();
  if (active?.kind === 'protected') {
    const current = yield* tryOpen(context, slot, active.record);
    if (current !== null) seen.add(current.publicKeyDerB64);
  }
  const previous: KeyPairRecord[] = [];
  for (const number of backupNumbers(context, slot.path).toReversed()) {
    if (previous.length >= limit) break;
    const file = readKeyFile(context, `${slot.path}.v${number}`);
    if (file?.kind !== 'protected') continue;
    const keyPair = yield* tryOpen(context, slot, file.record);
    if (keyPair === null || seen.has(keyPair.publicKeyDerB64)) continue;
    seen.add(keyPair.publicKeyDerB64);
    previous.push(keyPair);
  }
  return previous;
}

/** A backup never holds a key in the clear: a plaintext file is protected first (08 K2, §4.6). */
function* backUp(context: StoreContext, slot: KeySlot, file: KeyFile, bytes: Uint8Array): Steps<void> {
  if (file.kind !== 'plaintext') return writeBackup(context, slot.path, bytes);
  // Also what is no key of ours (another curve) is kept, sealed as it is.
  const asFound = {
    privateKeyPem: file.pem,
    publicKeyDerB64: publicKeyOf(file) ?? '',
    curve: 'P-256',
  } as const;
  const content = yield* protectKey(context, slot, asFound, context.seed.current, file.members);
  writeBackup(context, slot.path, content);
}

/** Best effort: a store that cannot be written can still be read. */
function* reprotect(
  context: StoreContext,
  slot: KeySlot,
  keyPair: KeyPairRecord,
  found: KeyFile,
): Steps<void> {
  if (found.kind === 'damaged') return;
  const content = yield* protectKey(context, slot, keyPair, context.seed.current, found.members);
  try {
    yield* whileLocked(context, slot.lock, () => {
      // Another process may have stored a new key since we read the old one.
      const now = readKeyFile(context, slot.path);
      if (JSON.stringify(now) !== JSON.stringify(found)) return;
      replaceFile(context, slot.path, content);
    });
  } catch (error) {
    context.logger.warn('key store: a legacy key file cannot be re-written protected', {
      path: slot.path,
      reason: error instanceof Error ? error.message : String(error),
    });
  }
}

/** Like `openWith`, with a record that opens to something else counted as unreadable. */
function* tryOpen(context: StoreContext, slot: KeySlot, record: JsonObject): Steps<KeyPairRecord | null> {
  try {
    return yield* openWith(context, slot, record, context.seed.current);
  } catch (error) {
    if (error instanceof KeyStoreError && error.code === 'private_key_unreadable') return null;
    throw error;
  }
}

const membersOf = (file: KeyFile | null): JsonObject | undefined =>
  file === null || file.kind === 'damaged' ? undefined : file.members;

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

function unreadable(slot: KeySlot, why: string): KeyStoreError {
  return new KeyStoreError('private_key_unreadable', `private key ${slot.path}: ${why}`);
}
