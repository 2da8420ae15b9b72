import { expect, it } from 'vitest';
import { deriveKey } from '../src/keys/derive-key.js';

const refusing = {
  importKey: () => Promise.reject(new DOMException('no empty passwords', 'DataError')),
} as unknown as SubtleCrypto;

it.each(['', 'correct horse', 'пароль'])(
  'the key of the seed "%s" is the same with and without WebCrypto',
  async (seed) => {
    const password = new TextEncoder().encode(seed);
    const salt = new Uint8Array(16).fill(9);
    const key = await deriveKey(password, salt);
    expect(key).toHaveLength(32);
    expect(await deriveKey(password, salt, refusing)).toEqual(key);
  },
);
