import { concatBytes, hexEncode, PublicKey, sha256, utf8Encode } from 'aun-crypto';
import { SPKI_BYTES } from './constants.js';

/** Bytes that a prekey signature covers: SPKI, id, decimal Unix seconds (03 §3.1). */
export function prekeySignData(spki: Uint8Array, spkId: string, timestamp: string): Uint8Array {
  return concatBytes(spki, utf8Encode(`${spkId}${timestamp}`));
}

/** `sha256:` + 16 hex digits of the hash of an SPKI: key id and short fingerprint (03 §1.2). */
export function keyIdOf(spki: Uint8Array): string {
  return `sha256:${hexEncode(sha256(spki).subarray(0, 8))}`;
}

/** The key of an SPKI in its only accepted form, 91 bytes with an uncompressed point; null for anything else. */
export function parseSpki(spki: Uint8Array): PublicKey | null {
  if (spki.length !== SPKI_BYTES) return null;
  try {
    const key = PublicKey.fromSpki(spki);
    return key.curve === 'P-256' ? key : null;
  } catch {
    return null;
  }
}
