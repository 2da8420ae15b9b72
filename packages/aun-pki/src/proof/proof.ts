import {
  base64Decode,
  base64Encode,
  CryptoError,
  type PrivateKey,
  type PublicKey,
  signDer,
  utf8Encode,
  verifyDer,
} from 'aun-crypto';

/** Longest accepted signature text; a P-384 signature has at most 140 characters. */
const maxSignatureChars = 512;

/** Signs the UTF-8 bytes of a proof text: ECDSA with the hash of the curve, DER, base64 (01 §2.2). */
export function signProof(text: string, key: PrivateKey): string {
  return base64Encode(signDer(key, utf8Encode(text)));
}

/**
 * Verifies such a signature. False for anything that is no base64 DER signature of this key over this text.
 * Both halves of the order are accepted for s (01 §2.2).
 */
export function verifyProof(text: string, signatureB64: string, key: PublicKey): boolean {
  if (typeof signatureB64 !== 'string' || signatureB64.length > maxSignatureChars) return false;
  let signature: Uint8Array;
  try {
    signature = base64Decode(signatureB64);
  } catch (error) {
    if (error instanceof CryptoError) return false;
    throw error;
  }
  return verifyDer(key, utf8Encode(text), signature);
}
