import { p256, p384 } from '@noble/curves/nist.js';
import { wipe } from '../bytes.js';
import { type CurveParameters, P256 } from '../curve.js';
import { derFromRaw, rawFromDer } from '../ecdsa-signature.js';
import { SubtlePrivateKey, SubtlePublicKey } from './subtle.js';
import type { PrivateMaterial, PublicMaterial } from './types.js';

const nobleCurve = (curve: CurveParameters): typeof p256 => (curve === P256 ? p256 : p384);

// The protocol neither makes nor demands low-S signatures (01 §2.2).
const OPTIONS = { lowS: false, prehash: true, format: 'compact' } as const;

export function decompressPoint(curve: CurveParameters, compressed: Uint8Array): Uint8Array | undefined {
  try {
    return nobleCurve(curve).Point.fromBytes(compressed).toBytes(false);
  } catch {
    return undefined;
  }
}

export class NoblePublicMaterial implements PublicMaterial {
  readonly point: Uint8Array;
  readonly #curve: CurveParameters;
  #subtle: SubtlePublicKey | undefined;

  constructor(curve: CurveParameters, point: Uint8Array) {
    this.#curve = curve;
    this.point = point;
  }

  get subtle(): SubtlePublicKey {
    this.#subtle ??= new SubtlePublicKey(this.#curve, this.point);
    return this.#subtle;
  }

  verifyRaw(message: Uint8Array, signature: Uint8Array): boolean {
    return nobleCurve(this.#curve).verify(signature, message, this.point, OPTIONS);
  }

  async verifyRawAsync(message: Uint8Array, signature: Uint8Array): Promise<boolean> {
    return (await this.subtle.verify(message, signature)) ?? this.verifyRaw(message, signature);
  }

  verifyDer(message: Uint8Array, signature: Uint8Array): boolean {
    const raw = rawFromDer(this.#curve, signature);
    return raw !== undefined && this.verifyRaw(message, raw);
  }
}

export class NoblePrivateMaterial implements PrivateMaterial {
  readonly scalar: Uint8Array;
  readonly #curve: CurveParameters;
  #point: Uint8Array | undefined;
  #subtle: SubtlePrivateKey | undefined;

  constructor(curve: CurveParameters, scalar: Uint8Array) {
    this.#curve = curve;
    this.scalar = scalar;
  }

  get point(): Uint8Array {
    this.#point ??= nobleCurve(this.#curve).getPublicKey(this.scalar, false);
    return this.#point;
  }

  signRaw(message: Uint8Array): Uint8Array {
    return nobleSignRaw(this.#curve, message, this.scalar, true);
  }

  async signRawAsync(message: Uint8Array): Promise<Uint8Array> {
    return (await this.#platformKey.sign(message)) ?? this.signRaw(message);
  }

  signDer(message: Uint8Array): Uint8Array {
    return derFromRaw(this.signRaw(message));
  }

  ecdh(peer: PublicMaterial): Uint8Array {
    const shared = nobleCurve(this.#curve).getSharedSecret(this.scalar, peer.point, true);
    return shared.slice(1);
  }

  async ecdhAsync(peer: PublicMaterial): Promise<Uint8Array> {
    const shared =
      peer instanceof NoblePublicMaterial ? await this.#platformKey.agree(peer.subtle) : undefined;
    return shared ?? this.ecdh(peer);
  }

  get #platformKey(): SubtlePrivateKey {
    this.#subtle ??= new SubtlePrivateKey(this.#curve, this.scalar, this.point);
    return this.#subtle;
  }

  wipe(): void {
    wipe(this.scalar);
    this.#subtle = undefined;
  }
}

/** `hedged` mixes fresh randomness into the RFC 6979 nonce (its §3.6); without it the signature is the vector's. */
export const nobleSignRaw = (
  curve: CurveParameters,
  message: Uint8Array,
  scalar: Uint8Array,
  hedged: boolean,
): Uint8Array => nobleCurve(curve).sign(message, scalar, { ...OPTIONS, extraEntropy: hedged });
