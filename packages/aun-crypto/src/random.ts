import type { RandomBytes } from 'aun-core';
import { backend } from '#backend';
import { isBytes } from './bytes.js';
import { CryptoError } from './error.js';
import { hexEncode } from './hex.js';

/** `length` bytes of the platform's CSPRNG. */
export const randomBytes: RandomBytes = (length) => {
  if (!Number.isSafeInteger(length) || length < 0) {
    throw new CryptoError('invalid_argument', 'length must be a non-negative integer');
  }
  return backend.randomBytes(length);
};

/** A copy of what an injected source returns, which must have the asked length. */
export function drawBytes(random: RandomBytes, length: number): Uint8Array {
  const bytes = random(length);
  if (!isBytes(bytes) || bytes.length !== length) {
    throw new CryptoError('random_failed', `random source did not return ${length} bytes`);
  }
  return random === randomBytes ? bytes : new Uint8Array(bytes);
}

/** A random UUID, RFC 9562 version 4. */
export function uuidV4(random: RandomBytes = randomBytes): string {
  const bytes = drawBytes(random, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return hexEncode(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
