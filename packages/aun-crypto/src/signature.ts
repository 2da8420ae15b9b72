import { nobleSignRaw } from './backend/noble-keys.js';
import { assertBytes } from './bytes.js';
import { derFromRaw, isRawSignature, rawFromDer } from './ecdsa-signature.js';
import { type PrivateKey, privateParts } from './private-key.js';
import { type PublicKey, publicParts } from './public-key.js';

export interface SignOptions {
  /** RFC 6979 nonce, so that the same input gives the same bytes. Default: the platform's signer. */
  readonly deterministic?: boolean;
}

/**
 * ECDSA over `message` as `r || s`: 64 bytes for P-256, 96 for P-384 (03 §1.2). The hash follows the curve: SHA-256
 * for P-256, SHA-384 for P-384 (01 §2.1). S is left as it comes.
 */
export function signRaw(key: PrivateKey, message: Uint8Array, options: SignOptions = {}): Uint8Array {
  assertBytes(message, 'message');
  const { curve, material } = privateParts(key);
  return options.deterministic
    ? nobleSignRaw(curve, message, material.scalar, false)
    : material.signRaw(message);
}

/** {@link signRaw} by the fastest way of the platform: WebCrypto where `node:crypto` is missing. */
export async function signRawAsync(
  key: PrivateKey,
  message: Uint8Array,
  options: SignOptions = {},
): Promise<Uint8Array> {
  assertBytes(message, 'message');
  return options.deterministic
    ? signRaw(key, message, options)
    : privateParts(key).material.signRawAsync(message);
}

/** The same signature as ASN.1 DER (01 §2.2). */
export function signDer(key: PrivateKey, message: Uint8Array, options: SignOptions = {}): Uint8Array {
  assertBytes(message, 'message');
  return options.deterministic
    ? derFromRaw(signRaw(key, message, options))
    : privateParts(key).material.signDer(message);
}

/** Both halves of S verify; a signature of any other length than `r || s` is false, not an error. */
export function verifyRaw(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  assertBytes(message, 'message');
  assertBytes(signature, 'signature');
  const { curve, material } = publicParts(key);
  return isRawSignature(curve, signature) && material.verifyRaw(message, signature);
}

/** {@link verifyRaw} by the fastest way of the platform: WebCrypto where `node:crypto` is missing. */
export async function verifyRawAsync(
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  assertBytes(message, 'message');
  assertBytes(signature, 'signature');
  const { curve, material } = publicParts(key);
  return isRawSignature(curve, signature) && material.verifyRawAsync(message, signature);
}

/** Both halves of S verify; anything but strict DER is false, not an error. */
export function verifyDer(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean {
  assertBytes(message, 'message');
  assertBytes(signature, 'signature');
  const { curve, material } = publicParts(key);
  return rawFromDer(curve, signature) !== undefined && material.verifyDer(message, signature);
}
