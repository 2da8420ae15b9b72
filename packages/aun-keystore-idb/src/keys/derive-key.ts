import { pbkdf2Sha256Async } from 'aun-crypto';
import { isDomException } from '../errors.js';

const ITERATIONS = 100_000;
const KEY_BYTES = 32;

/**
 * PBKDF2-HMAC-SHA-256, 100 000 iterations, 32 bytes (08 §10.2): by WebCrypto, an order of magnitude faster than
 * JavaScript, where the context is secure and the browser takes the password (not all take an empty one).
 */
export async function deriveKey(
  password: Uint8Array,
  salt: Uint8Array,
  subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle,
): Promise<Uint8Array> {
  if (subtle !== undefined) {
    try {
      return await deriveWith(subtle, password, salt);
    } catch (error) {
      if (!isDomException(error)) throw error;
    }
  }
  return pbkdf2Sha256Async(password, salt, ITERATIONS, KEY_BYTES);
}

async function deriveWith(subtle: SubtleCrypto, password: Uint8Array, salt: Uint8Array): Promise<Uint8Array> {
  const key = await subtle.importKey('raw', new Uint8Array(password), 'PBKDF2', false, ['deriveBits']);
  const params = { name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(salt), iterations: ITERATIONS };
  return new Uint8Array(await subtle.deriveBits(params, key, KEY_BYTES * 8));
}
