import { p256, p384 } from '@noble/curves/nist.js';
import { wipe } from '../bytes.js';
import { type CurveParameters, P256 } from '../curve.js';
import { derFromRaw, rawFromDer } from '../ecdsa-signature.js';
import { SubtleAgreement, subtlePeer } from './subtle.js';
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
  #subtleKey: Promise<CryptoKey> | undefined;

  constructor(curve: CurveParameters, point: Uint8Array) {
    this.#curve = curve;
    this.point = point;
  }

  /** For {@link SubtleAgreement}, imported once. */
  get subtleKey(): Promise<CryptoKey> {
    this.#subtleKey ??= subtlePeer(this.#curve, this.point);
    return this.#subtleKey;
  }

  verifyRaw(message: Uint8Array, signature: Uint8Array): boolean {
    return nobleCurve(this.#curve).verify(signature, message, this.point, OPTIONS);
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
  #agreement: Promise<SubtleAgreement | null> | undefined;

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

  signDer(message: Uint8Array): Uint8Array {
    return derFromRaw(this.signRaw(message));
  }

  ecdh(peer: PublicMaterial): Uint8Array {
    const shared = nobleCurve(this.#curve).getSharedSecret(this.scalar, peer.point, true);
    return shared.slice(1);
  }

  async ecdhAsync(peer: PublicMaterial): Promise<Uint8Array> {
    this.#agreement ??= SubtleAgreement.of(this.#curve, this.scalar, this.point);
    const agreement = await this.#agreement;
    return agreement !== null && peer instanceof NoblePublicMaterial
      ? agreement.agree(await peer.subtleKey)
      : this.ecdh(peer);
  }

  wipe(): void {
    wipe(this.scalar);
  }
}

/** `hedged` mixes fresh randomness into the RFC 6979 nonce (its §3.6); without it the signature is the vector's. */
export const nobleSignRaw = (
  curve: CurveParameters,
  message: Uint8Array,
  scalar: Uint8Array,
  hedged: boolean,
): Uint8Array => nobleCurve(curve).sign(message, scalar, { ...OPTIONS, extraEntropy: hedged });
