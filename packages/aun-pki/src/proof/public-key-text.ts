import { type Result, resultErr, resultOk } from 'aun-core';
import { base64Decode, base64Encode, CryptoError, PublicKey } from 'aun-crypto';
import { bytesEqual } from '../asn1/bytes.js';

/** The wire form of a public key: SPKI DER in base64 (01 §2.1). */
export function publicKeyToText(key: PublicKey): string {
  return base64Encode(key.spki);
}

/**
 * Reads a P-256 public key from the wire. Code `invalid_public_key`: no strict base64, no SPKI, another curve, not on
 * the curve, or not in the canonical 91-byte form (01 §2.1, §8.1).
 */
export function publicKeyFromText(text: unknown): Result<PublicKey, 'invalid_public_key'> {
  if (typeof text !== 'string' || text.length > 400)
    return invalid('it must be base64 text of an SPKI structure');
  try {
    const spki = base64Decode(text);
    const key = PublicKey.fromSpki(spki);
    if (key.curve !== 'P-256') return invalid(`the curve is ${key.curve}, not P-256`);
    return bytesEqual(key.spki, spki) ? resultOk(key) : invalid('the SPKI encoding is not canonical');
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return invalid(error.message, error);
  }
}

function invalid(why: string, cause?: unknown) {
  return resultErr('invalid_public_key', why, cause);
}
