import { backend } from '#backend';
import type { SealedBytes } from './backend/types.js';
import { assertBytes } from './bytes.js';
import { CryptoError } from './error.js';

const EMPTY = new Uint8Array(0);

/** AES-256-GCM: key 32 bytes, nonce 12, tag 16 (03 §1.2). Other lengths throw `invalid_argument`. */
export function aesGcmSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array = EMPTY,
): SealedBytes {
  assertKeyAndNonce(key, nonce);
  assertBytes(plaintext, 'plaintext');
  assertBytes(aad, 'AAD');
  return backend.aesGcmSeal(key, nonce, plaintext, aad);
}

/** The plaintext; throws `aead_failed` when the tag does not verify, `invalid_argument` for wrong lengths. */
export function aesGcmOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  tag: Uint8Array,
  aad: Uint8Array = EMPTY,
): Uint8Array {
  assertKeyAndNonce(key, nonce);
  assertBytes(tag, 'AES-256-GCM tag', 16);
  assertBytes(ciphertext, 'ciphertext');
  assertBytes(aad, 'AAD');
  const plaintext = backend.aesGcmOpen(key, nonce, ciphertext, tag, aad);
  if (plaintext === undefined) throw new CryptoError('aead_failed', 'AES-256-GCM tag does not verify');
  return plaintext;
}

function assertKeyAndNonce(key: Uint8Array, nonce: Uint8Array): void {
  assertBytes(key, 'AES-256-GCM key', 32);
  assertBytes(nonce, 'AES-256-GCM nonce', 12);
}
