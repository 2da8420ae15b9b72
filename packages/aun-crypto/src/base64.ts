import { backend } from '#backend';
import { CryptoError } from './error.js';

/** RFC 4648 §4: standard alphabet, padded. */
export const base64Encode = (bytes: Uint8Array): string => backend.base64Encode(bytes);

/**
 * Strict standard base64: padded, no white space, unused bits zero. Anything else throws `invalid_encoding`,
 * so that two different texts never decode to the same bytes.
 */
export function base64Decode(text: string): Uint8Array {
  const bytes = typeof text === 'string' ? backend.base64Decode(text) : undefined;
  if (bytes === undefined || backend.base64Encode(bytes) !== text) {
    throw new CryptoError('invalid_encoding', 'text is not canonical padded base64');
  }
  return bytes;
}

/** RFC 4648 §5: URL alphabet, no padding. */
export const base64UrlEncode = (bytes: Uint8Array): string =>
  backend.base64Encode(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

/** Strict base64url: unpadded, unused bits zero; anything else throws `invalid_encoding`. */
export function base64UrlDecode(text: string): Uint8Array {
  const standard = typeof text === 'string' ? text.replaceAll('-', '+').replaceAll('_', '/') : '';
  const bytes = backend.base64Decode(standard + '='.repeat((4 - (standard.length % 4)) % 4));
  if (bytes === undefined || base64UrlEncode(bytes) !== text) {
    throw new CryptoError('invalid_encoding', 'text is not canonical unpadded base64url');
  }
  return bytes;
}
