export { aesGcmOpen, aesGcmSeal } from './aead.js';
export type { SealedBytes } from './backend/types.js';
export { base64Decode, base64Encode, base64UrlDecode, base64UrlEncode } from './base64.js';
export { concatBytes, wipe } from './bytes.js';
export type { Curve } from './curve.js';
export { ecdh, ecdhAsync } from './ecdh.js';
export { CryptoError, type CryptoErrorCode } from './error.js';
export { hmacSha256, sha256, sha384, timingSafeEqual } from './hash.js';
export { hexDecode, hexEncode } from './hex.js';
export { hkdfSha256, pbkdf2Sha256, pbkdf2Sha256Async } from './kdf.js';
export { type PemBlock, pemDecode, pemDecodeAll, pemEncode } from './pem.js';
export { PrivateKey } from './private-key.js';
export { PublicKey } from './public-key.js';
export { randomBytes, uuidV4 } from './random.js';
export {
  type SignOptions,
  signDer,
  signRaw,
  signRawAsync,
  verifyDer,
  verifyRaw,
  verifyRawAsync,
} from './signature.js';
export { utf8Decode, utf8Encode } from './text.js';
