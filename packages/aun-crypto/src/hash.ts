import { backend } from '#backend';

/** SHA-256 over the concatenation of `parts`, 32 bytes. */
export const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => backend.sha256(parts);

/** SHA-384 over the concatenation of `parts`, 48 bytes. */
export const sha384 = (...parts: readonly Uint8Array[]): Uint8Array => backend.sha384(parts);

/** HMAC-SHA-256 (RFC 2104) over the concatenation of `parts`, 32 bytes. */
export const hmacSha256 = (key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array =>
  backend.hmacSha256(key, parts);

/** Constant-time comparison; arrays of different lengths are different. */
export const timingSafeEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && backend.timingSafeEqual(a, b);
