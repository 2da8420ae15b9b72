import { backend } from '#backend';
import { assertBytes, wipe } from './bytes.js';
import { CryptoError } from './error.js';

const HASH_LENGTH = 32;
const FIRST = Uint8Array.of(1);

/** HKDF-SHA-256 (RFC 5869), `length` up to 8160 bytes; an empty salt means 32 zero bytes (03 §1.2). */
export function hkdfSha256(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  assertBytes(ikm, 'ikm');
  assertBytes(salt, 'salt');
  assertBytes(info, 'info');
  assertLength(length, 255 * HASH_LENGTH);
  const prk = backend.hmacSha256(salt, [ikm]);
  const first = backend.hmacSha256(prk, [info, FIRST]);
  const key = length === HASH_LENGTH ? first : expand(prk, first, info, length);
  wipe(prk);
  return key;
}

/** T(1) | T(2) | … cut to `length`; wipes the blocks. */
function expand(prk: Uint8Array, first: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let block = first;
  for (let offset = 0, counter = 2; offset < length; offset += HASH_LENGTH, counter++) {
    out.set(block.subarray(0, length - offset), offset);
    const next = backend.hmacSha256(prk, [block, info, Uint8Array.of(counter)]);
    wipe(block);
    block = next;
  }
  wipe(block);
  return out;
}

/** PBKDF2-HMAC-SHA-256 (RFC 8018), blocking: 100 000 iterations take tens of milliseconds (08 §4.2). */
export function pbkdf2Sha256(
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  length: number,
): Uint8Array {
  assertPbkdf2(password, salt, iterations, length);
  return backend.pbkdf2Sha256(password, salt, iterations, length);
}

/** The same without blocking the event loop for the whole time. */
export async function pbkdf2Sha256Async(
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  length: number,
): Promise<Uint8Array> {
  assertPbkdf2(password, salt, iterations, length);
  return backend.pbkdf2Sha256Async(password, salt, iterations, length);
}

function assertPbkdf2(password: Uint8Array, salt: Uint8Array, iterations: number, length: number): void {
  assertBytes(password, 'password');
  assertBytes(salt, 'salt');
  if (!Number.isSafeInteger(iterations) || iterations < 1 || iterations > 0x7fffffff) {
    throw new CryptoError('invalid_argument', 'iterations must be a positive 31-bit integer');
  }
  assertLength(length, 1 << 20);
}

function assertLength(length: number, max: number): void {
  if (!Number.isSafeInteger(length) || length < 1 || length > max) {
    throw new CryptoError('invalid_argument', `length must be an integer from 1 to ${max}`);
  }
}
