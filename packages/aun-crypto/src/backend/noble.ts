import { gcm } from '@noble/ciphers/aes.js';
import { hmac } from '@noble/hashes/hmac.js';
import { pbkdf2, pbkdf2Async } from '@noble/hashes/pbkdf2.js';
import { sha256, sha384 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { concatBytes } from '../bytes.js';
import { base64Decode, base64Encode, hexDecode } from './noble-codec.js';
import { decompressPoint, NoblePrivateMaterial, NoblePublicMaterial } from './noble-keys.js';
import type { Backend, SealedBytes } from './types.js';

const TAG_LENGTH = 16;
const RANDOM_QUOTA = 65_536;

const joined = (parts: readonly Uint8Array[]): Uint8Array => {
  const [only] = parts;
  return parts.length === 1 && only ? only : concatBytes(...parts);
};

function hmacSha256(key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const state = hmac.create(sha256, key);
  for (const part of parts) state.update(part);
  return state.digest();
}

function aesGcmSeal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): SealedBytes {
  const sealed = gcm(key, nonce, aad).encrypt(plaintext);
  const end = sealed.length - TAG_LENGTH;
  return { ciphertext: sealed.slice(0, end), tag: sealed.slice(end) };
}

function aesGcmOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  tag: Uint8Array,
  aad: Uint8Array,
): Uint8Array | undefined {
  const cipher = gcm(key, nonce, aad);
  try {
    return cipher.decrypt(concatBytes(ciphertext, tag));
  } catch {
    // Lengths are already checked: the only failure left is a tag that does not verify.
    return undefined;
  }
}

function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += RANDOM_QUOTA) {
    globalThis.crypto.getRandomValues(bytes.subarray(at, at + RANDOM_QUOTA));
  }
  return bytes;
}

function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** Pure JavaScript, for every platform that is not Node. */
export const backend: Backend = {
  name: 'noble',
  hexEncode: bytesToHex,
  hexDecode,
  base64Encode,
  base64Decode,
  sha256: (parts) => sha256(joined(parts)),
  sha384: (parts) => sha384(joined(parts)),
  hmacSha256,
  pbkdf2Sha256: (password, salt, c, dkLen) => pbkdf2(sha256, password, salt, { c, dkLen }),
  pbkdf2Sha256Async: (password, salt, c, dkLen) => pbkdf2Async(sha256, password, salt, { c, dkLen }),
  aesGcmSeal,
  aesGcmOpen,
  randomBytes,
  timingSafeEqual,
  decompressPoint,
  publicMaterial: (curve, point) => new NoblePublicMaterial(curve, point),
  privateMaterial: (curve, scalar) => new NoblePrivateMaterial(curve, scalar),
  generateMaterial: () => undefined,
};
