import { stableStringify, stableStringifyJsonText } from 'aun-core';
import {
  base64Decode,
  CryptoError,
  type PrivateKey,
  type PublicKey,
  utf8Encode,
  verifyDer,
} from 'aun-crypto';
import { signProof } from '../proof/proof.js';

/** Bytes the authority signs: canonical JSON of the list without `authority_signature` (01 §5.2). */
export function trustListSignedText(list: string | object): string {
  const isSignature = (key: string) => key === 'authority_signature';
  if (typeof list === 'string') return stableStringifyJsonText(list, { omitTopLevel: isSignature });
  return stableStringify(Object.fromEntries(Object.entries(list).filter(([key]) => !isSignature(key))));
}

/** `authority_signature` for a list: base64 DER, hash of the key's curve. */
export function signTrustList(list: object, authorityKey: PrivateKey): string {
  return signProof(trustListSignedText(list), authorityKey);
}

/** Tolerates a `base64:` prefix, the url-safe alphabet and missing padding (01 §5.2). */
export function verifyAuthoritySignature(signedText: string, signature: string, key: PublicKey): boolean {
  const der = decodeLoosely(signature);
  return der !== undefined && verifyDer(key, utf8Encode(signedText), der);
}

function decodeLoosely(signature: string): Uint8Array | undefined {
  if (signature.length > 1024) return undefined;
  const bare = signature
    .trim()
    .replace(/^base64:/i, '')
    .replace(/\s+/g, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replace(/=+$/, '');
  try {
    return base64Decode(bare.padEnd(Math.ceil(bare.length / 4) * 4, '='));
  } catch (error) {
    if (error instanceof CryptoError) return undefined;
    throw error;
  }
}
