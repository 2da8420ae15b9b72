import { aesGcmOpen, aesGcmSeal, concatBytes, hkdfSha256, sha256, utf8Encode, wipe } from 'aun-crypto';
import {
  MASTER_KEY_BYTES,
  SUITE,
  TAG_BYTES,
  WRAP_INFO,
  WRAP_SALT_BYTES,
  type WrapProtocol,
} from './constants.js';

const ownSuite = utf8Encode(SUITE);
const info = { '1DH': utf8Encode(WRAP_INFO['1DH']), '3DH': utf8Encode(WRAP_INFO['3DH']) };

/** HKDF salt of all wraps of one message, 16 bytes (03 §5.1 step 7). */
export function wrapSalt(aadBytes: Uint8Array, sessionSpki: Uint8Array, suite: string): Uint8Array {
  const suiteBytes = suite === SUITE ? ownSuite : utf8Encode(suite);
  return sha256(aadBytes, sessionSpki, suiteBytes).slice(0, WRAP_SALT_BYTES);
}

/** Wrap key of one row from its one or three Diffie-Hellman secrets, 32 bytes (03 §5.3). */
export function deriveWrapKey(
  protocol: WrapProtocol,
  secrets: readonly Uint8Array[],
  salt: Uint8Array,
): Uint8Array {
  const [only] = secrets;
  if (secrets.length === 1 && only !== undefined) return hkdfSha256(only, salt, info[protocol], 32);
  const ikm = concatBytes(...secrets);
  const key = hkdfSha256(ikm, salt, info[protocol], 32);
  wipe(ikm);
  return key;
}

/** `ct || tag` of the master key under a wrap key, 48 bytes, no AAD (03 §5.3). */
export function wrapMasterKey(wrapKey: Uint8Array, nonce: Uint8Array, masterKey: Uint8Array): Uint8Array {
  const { ciphertext, tag } = aesGcmSeal(wrapKey, nonce, masterKey);
  return concatBytes(ciphertext, tag);
}

/** @throws {CryptoError} when nonce, length or tag is wrong */
export function unwrapMasterKey(wrapKey: Uint8Array, nonce: Uint8Array, wrapped: Uint8Array): Uint8Array {
  const split = wrapped.length - TAG_BYTES;
  const masterKey = aesGcmOpen(wrapKey, nonce, wrapped.subarray(0, split), wrapped.subarray(split));
  if (masterKey.length !== MASTER_KEY_BYTES) throw new RangeError(`master key of ${masterKey.length} bytes`);
  return masterKey;
}

/** What `sender_signature` covers (03 §5.1 step 10). */
export function signInput(
  ciphertext: Uint8Array,
  tag: Uint8Array,
  aadBytes: Uint8Array,
  digest: Uint8Array,
): Uint8Array {
  return concatBytes(ciphertext, tag, aadBytes, digest);
}
