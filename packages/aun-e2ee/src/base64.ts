import { base64Decode, CryptoError, hexDecode } from 'aun-crypto';

/** Bytes of clean padded standard base64 text; null for anything else. */
export function tryBase64(value: unknown): Uint8Array | null {
  return typeof value === 'string' && value.length % 4 === 0 ? attempt(base64Decode, value) : null;
}

/** Bytes of hex text in either case; null when it is not hex. */
export function tryHex(text: string): Uint8Array | null {
  return text.length % 2 === 0 ? attempt(hexDecode, text) : null;
}

function attempt(decode: (text: string) => Uint8Array, text: string): Uint8Array | null {
  try {
    return decode(text);
  } catch (error) {
    if (error instanceof CryptoError) return null;
    throw error;
  }
}
