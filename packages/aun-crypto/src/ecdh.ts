import { CryptoError } from './error.js';
import { type PrivateKey, privateParts } from './private-key.js';
import { type PublicKey, publicParts } from './public-key.js';

/**
 * Key agreement: the X coordinate of the shared point, 32 bytes for P-256 (48 for P-384), zero-padded (03 §1.2).
 * Both handles keep what was imported, so a private key used against many peers and a public key used by many
 * private keys are each imported once. Secret: `wipe` the result. Throws `curve_mismatch`.
 */
export function ecdh(privateKey: PrivateKey, publicKey: PublicKey): Uint8Array {
  const own = privateParts(privateKey);
  const peer = publicParts(publicKey);
  if (own.curve !== peer.curve) {
    throw new CryptoError('curve_mismatch', `cannot agree between ${own.curve.name} and ${peer.curve.name}`);
  }
  return own.material.ecdh(peer.material);
}
