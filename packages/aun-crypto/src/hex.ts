import { backend } from '#backend';
import { CryptoError } from './error.js';

/** Lower-case hex. */
export const hexEncode = (bytes: Uint8Array): string => backend.hexEncode(bytes);

/** Bytes of a hex text of either case; odd length or another character throws `invalid_encoding`. */
export function hexDecode(text: string): Uint8Array {
  const bytes = typeof text === 'string' && text.length % 2 === 0 ? backend.hexDecode(text) : undefined;
  // Node's decoder looks at the low eight bits of each character only.
  if (bytes === undefined || backend.hexEncode(bytes) !== text.toLowerCase())
    throw new CryptoError('invalid_encoding', 'text is not hex');
  return bytes;
}
