import type { RandomBytes } from 'aun-core';

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 1) text += hexOfByte[bytes[i] ?? 0];
  return text;
}

const poolSize = 2_048;
let pool = new Uint8Array(0);
let used = 0;

/**
 * Random bytes of the platform, drawn in bulk: a draw of its own for eight bytes costs more than the rest of a call. For
 * ids and trace ids only: keys are made elsewhere.
 */
export const platformRandomBytes: RandomBytes = (length) => {
  if (length > poolSize) throw new RangeError(`at most ${poolSize} random bytes at a time`);
  if (used + length > pool.length) {
    pool = globalThis.crypto.getRandomValues(new Uint8Array(poolSize));
    used = 0;
  }
  used += length;
  return pool.subarray(used - length, used);
};
