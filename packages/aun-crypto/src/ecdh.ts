import type { PrivateMaterial, PublicMaterial } from './backend/types.js';
import { CryptoError } from './error.js';
import { type PrivateKey, privateParts } from './private-key.js';
import { type PublicKey, publicParts } from './public-key.js';

/**
 * Key agreement: the X coordinate of the shared point, 32 bytes for P-256 (48 for P-384), zero-padded (03 §1.2).
 * Both handles keep what was imported, so a private key used against many peers and a public key used by many
 * private keys are each imported once. Secret: `wipe` the result. Throws `curve_mismatch`.
 */
export function ecdh(privateKey: PrivateKey, publicKey: PublicKey): Uint8Array {
  const [own, peer] = pair(privateKey, publicKey);
  return own.ecdh(peer);
}

/**
 * {@link ecdh} by the fastest way of the platform: WebCrypto in browsers and wherever else `node:crypto` is missing
 * (in secure contexts), else the synchronous call. Same bytes, same errors, as rejections; start many at once.
 */
export async function ecdhAsync(privateKey: PrivateKey, publicKey: PublicKey): Promise<Uint8Array> {
  const [own, peer] = pair(privateKey, publicKey);
  return own.ecdhAsync(peer);
}

function pair(privateKey: PrivateKey, publicKey: PublicKey): [PrivateMaterial, PublicMaterial] {
  const own = privateParts(privateKey);
  const peer = publicParts(publicKey);
  if (own.curve !== peer.curve) {
    throw new CryptoError('curve_mismatch', `cannot agree between ${own.curve.name} and ${peer.curve.name}`);
  }
  return [own.material, peer.material];
}
