import { type JsonObject, type KeyPairRecord, KeyStoreError } from 'aun-core';
import type { StoreContext } from '../context.js';
import { keyPairOfPem } from '../keys/key-file.js';
import { openWith, protectKey, readKeyFile } from '../keys/key-pair.js';
import type { Steps } from '../steps.js';
import type { FoundKey } from './find-keys.js';

/** New content for one key file. */
export interface Rewrite {
  readonly key: FoundKey;
  readonly content: Uint8Array;
}

/**
 * Decrypts with the old seed and encrypts with the new one, checked. `current`: already under the new seed (a change
 * by a public SDK that was cut short). `no-key`: nothing to do.
 *
 * @throws {KeyStoreError} `private_key_unreadable` for an identity's key that opens with neither
 */
export function* rewriteKey(
  context: StoreContext,
  key: FoundKey,
  oldSeed: string | Uint8Array,
  newSeed: string,
): Steps<Rewrite | 'current' | 'no-key'> {
  const file = readKeyFile(context, key.slot.path);
  if (file === null || file.kind === 'no-key') return 'no-key';
  if (file.kind === 'damaged') return refuse(key, 'it is not JSON');
  if (file.kind === 'plaintext') {
    const keyPair = keyPairOfPem(file.pem);
    if (keyPair === null) return refuse(key, 'it holds no P-256 private key');
    return { key, content: yield* protectKey(context, key.slot, keyPair, newSeed, file.members) };
  }
  const old = yield* attempt(context, key, file.record, oldSeed);
  if (old !== null) return { key, content: yield* protectKey(context, key.slot, old, newSeed, file.members) };
  if ((yield* attempt(context, key, file.record, newSeed)) !== null) return 'current';
  return refuse(key, 'the old seed does not open it');
}

function* attempt(
  context: StoreContext,
  key: FoundKey,
  record: JsonObject,
  seed: string | Uint8Array,
): Steps<KeyPairRecord | null> {
  try {
    return yield* openWith(context, key.slot, record, seed);
  } catch (error) {
    if (!key.isIdentity && error instanceof KeyStoreError && error.code === 'private_key_unreadable')
      return null;
    throw error;
  }
}

function refuse(key: FoundKey, why: string): 'no-key' {
  if (!key.isIdentity) return 'no-key';
  throw new KeyStoreError(
    'private_key_unreadable',
    `private key ${key.slot.path}: ${why}; nothing was changed`,
  );
}
