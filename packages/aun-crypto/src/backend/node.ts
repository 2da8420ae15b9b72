import { ECDH, pbkdf2, pbkdf2Sync, randomFillSync, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { CurveParameters } from '../curve.js';
import { aesGcmOpen, aesGcmSeal } from './node-aead.js';
import { decode, encode, hexDecode } from './node-codec.js';
import { digest, hmacSha256 } from './node-hash.js';
import { NodePrivateMaterial, NodePublicMaterial, nodeCurveName } from './node-keys.js';
import { view } from './node-scratch.js';
import type { Backend } from './types.js';

function decompressPoint(curve: CurveParameters, compressed: Uint8Array): Uint8Array | undefined {
  try {
    const point = ECDH.convertKey(compressed, nodeCurveName(curve), undefined, undefined, 'uncompressed');
    return new Uint8Array(point as Buffer);
  } catch {
    return undefined;
  }
}

const pbkdf2Promised = promisify(pbkdf2);

/** OpenSSL through `node:crypto`. */
export const backend: Backend = {
  name: 'node',
  hexEncode: (bytes) => encode(bytes, 'hex'),
  hexDecode,
  base64Encode: (bytes) => encode(bytes, 'base64'),
  base64Decode: (text) => decode(text, 'base64'),
  sha256: (parts) => digest('sha256', 32, parts),
  sha384: (parts) => digest('sha384', 48, parts),
  hmacSha256,
  pbkdf2Sha256: (password, salt, iterations, length) =>
    view(pbkdf2Sync(password, salt, iterations, length, 'sha256')),
  pbkdf2Sha256Async: async (password, salt, iterations, length) =>
    view(await pbkdf2Promised(password, salt, iterations, length, 'sha256')),
  aesGcmSeal,
  aesGcmOpen,
  randomBytes: (length) => randomFillSync(new Uint8Array(length)),
  timingSafeEqual,
  decompressPoint,
  publicMaterial: (curve, point) => new NodePublicMaterial(curve, point),
  privateMaterial: (curve, scalar) => NodePrivateMaterial.of(curve, scalar),
  generateMaterial: (curve) => NodePrivateMaterial.generate(curve),
};
