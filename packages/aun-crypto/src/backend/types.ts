import type { CurveParameters } from '../curve.js';

/** The public half as a backend keeps it: whatever it imports is imported once, on first use. */
export interface PublicMaterial {
  /** `04 || X || Y`, already checked to be on the curve. */
  readonly point: Uint8Array;
  /** `signature` is canonical DER with r and s in range. */
  verifyDer(message: Uint8Array, signature: Uint8Array): boolean;
  /** `signature` is `r || s` with r and s in range. */
  verifyRaw(message: Uint8Array, signature: Uint8Array): boolean;
  /** {@link verifyRaw} by the platform's fastest way, also one that gives no answer at once. */
  verifyRawAsync(message: Uint8Array, signature: Uint8Array): Promise<boolean>;
}

/** The private half, which owns its secrets. */
export interface PrivateMaterial {
  /** Big-endian, as many bytes as the curve's order; the material's own, so copy what shall stay. */
  readonly scalar: Uint8Array;
  readonly point: Uint8Array;
  signDer(message: Uint8Array): Uint8Array;
  signRaw(message: Uint8Array): Uint8Array;
  /** {@link signRaw} by the platform's fastest way. */
  signRawAsync(message: Uint8Array): Promise<Uint8Array>;
  /** X coordinate of `scalar * peer`; the peer is on the same curve. */
  ecdh(peer: PublicMaterial): Uint8Array;
  /** {@link ecdh} by the platform's fastest way. */
  ecdhAsync(peer: PublicMaterial): Promise<Uint8Array>;
  /** Overwrites what can be overwritten; the material is not used any more. */
  wipe(): void;
}

/** What a platform gives. Arguments are already checked; `undefined` and `false` are answers, not failures. */
export interface Backend {
  readonly name: 'node' | 'noble';
  hexEncode(bytes: Uint8Array): string;
  hexDecode(text: string): Uint8Array | undefined;
  base64Encode(bytes: Uint8Array): string;
  /** May accept more than canonical text. */
  base64Decode(text: string): Uint8Array | undefined;
  sha256(parts: readonly Uint8Array[]): Uint8Array;
  sha384(parts: readonly Uint8Array[]): Uint8Array;
  hmacSha256(key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array;
  pbkdf2Sha256(password: Uint8Array, salt: Uint8Array, iterations: number, length: number): Uint8Array;
  pbkdf2Sha256Async(
    password: Uint8Array,
    salt: Uint8Array,
    iterations: number,
    length: number,
  ): Promise<Uint8Array>;
  aesGcmSeal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): SealedBytes;
  aesGcmOpen(
    key: Uint8Array,
    nonce: Uint8Array,
    ciphertext: Uint8Array,
    tag: Uint8Array,
    aad: Uint8Array,
  ): Uint8Array | undefined;
  randomBytes(length: number): Uint8Array;
  /** Equal lengths only. */
  timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean;
  /** `02|03 || X` to `04 || X || Y`. */
  decompressPoint(curve: CurveParameters, compressed: Uint8Array): Uint8Array | undefined;
  publicMaterial(curve: CurveParameters, point: Uint8Array): PublicMaterial;
  /** Takes over `scalar`, which is in range. */
  privateMaterial(curve: CurveParameters, scalar: Uint8Array): PrivateMaterial;
  /** A new key by the platform's own generator; undefined where that is no cheaper than a random scalar. */
  generateMaterial(curve: CurveParameters): PrivateMaterial | undefined;
}

/** AES-256-GCM output; the 16-byte tag is apart. */
export interface SealedBytes {
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
}
