import { CryptoError } from './error.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 without BOM; a lone surrogate becomes EF BF BD (03 §1.3). */
export const utf8Encode = (text: string): Uint8Array => encoder.encode(text);

/** Strict UTF-8: ill-formed bytes throw `invalid_encoding`; a BOM is kept as a character. */
export function utf8Decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new CryptoError('invalid_encoding', 'bytes are not well-formed UTF-8', { cause });
  }
}
