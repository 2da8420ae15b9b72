import { gcm } from '@noble/ciphers/aes.js';
import { p256 } from '@noble/curves/nist.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { pbkdf2 } from '@noble/hashes/pbkdf2.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Primitives } from './platform.js';

/** Constant-time calls only, where a secret is involved. Importing a point is part of every call. */
export function noblePrimitives(): Primitives {
  const own = p256.keygen();
  const peer = p256.keygen();
  const point = p256.getPublicKey(peer.secretKey, false);
  const message = new Uint8Array(400).fill(1);
  const options = { lowS: false };
  const signature = p256.sign(message, peer.secretKey, options);
  const [key, nonce, salt] = [new Uint8Array(32).fill(1), new Uint8Array(12), new Uint8Array(16)];
  const [ikm, info, block, leaf, large] = [
    new Uint8Array(96).fill(2),
    new TextEncoder().encode('AUN-V2-3DH'),
    new Uint8Array(84).fill(3),
    new Uint8Array(200).fill(3),
    new Uint8Array(16_384),
  ];
  const agree = () => p256.getSharedSecret(own.secretKey, point);
  const check = () => p256.verify(signature, message, point, options);
  return {
    keygen: () => p256.getPublicKey(p256.utils.randomSecretKey(), false),
    importPublic: () => p256.Point.fromBytes(point),
    importPrivate: () => p256.utils.isValidSecretKey(own.secretKey),
    ecdhCold: agree,
    ecdhWarm: agree,
    sign: () => p256.sign(message, own.secretKey, options),
    verifyCold: check,
    verifyWarm: check,
    hkdf: () => hkdf(sha256, ikm, salt, info, 32),
    seal32: () => gcm(key, nonce).encrypt(key),
    seal16k: () => gcm(key, nonce).encrypt(large),
    sha256: () => sha256(block),
    sha256Leaf: () => sha256(leaf),
    pbkdf2: () => pbkdf2(sha256, 'seed', salt, { c: 10_000, dkLen: 32 }),
  };
}
