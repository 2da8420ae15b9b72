import { backend } from '#backend';
import type { PublicMaterial } from './backend/types.js';
import { assertBytes, concatBytes, sameBytes } from './bytes.js';
import { type Curve, type CurveParameters, curveParameters } from './curve.js';
import { hexEncode } from './hex.js';
import { readPoint, readSpki } from './spki.js';

/** For the operations of this package only; not exported from it. */
export let publicParts: (key: PublicKey) => { curve: CurveParameters; material: PublicMaterial };

/** From a point that was computed here and needs no check; the key keeps `point` itself. */
export let ownPublicKey: (parameters: CurveParameters, point: Uint8Array) => PublicKey;

/**
 * A checked public key: its point is on its curve. Immutable; the platform's key object is made on first use and
 * kept, so hold on to the handle instead of parsing the same key again.
 */
export class PublicKey {
  static {
    publicParts = (key) => ({ curve: key.#parameters, material: key.#material });
    ownPublicKey = (parameters, point) => new PublicKey(parameters, point);
  }

  readonly curve: Curve;
  readonly #parameters: CurveParameters;
  readonly #material: PublicMaterial;
  #spki: Uint8Array | undefined;
  #fingerprint: string | undefined;

  private constructor(parameters: CurveParameters, point: Uint8Array) {
    this.curve = parameters.name;
    this.#parameters = parameters;
    this.#material = backend.publicMaterial(parameters, point);
  }

  /**
   * Parses DER SubjectPublicKeyInfo of P-256 or P-384 (03 §1.2, 01 §2.1). A compressed point is accepted and
   * re-encoded. Throws `CryptoError` `invalid_public_key` or `unsupported_key`.
   */
  static fromSpki(der: Uint8Array): PublicKey {
    const { curve, point } = readSpki(der);
    return new PublicKey(curve, point);
  }

  /** From a SEC 1 point, `04 || X || Y` or compressed. Throws `CryptoError` `invalid_public_key`. */
  static fromRawPoint(curve: Curve, point: Uint8Array): PublicKey {
    assertBytes(point, 'point');
    const parameters = curveParameters(curve);
    return new PublicKey(parameters, readPoint(parameters, point));
  }

  /** Canonical DER SubjectPublicKeyInfo with an uncompressed point: 91 bytes for P-256. A copy. */
  get spki(): Uint8Array {
    return this.#encoded().slice();
  }

  /** `04 || X || Y`. A copy. */
  get point(): Uint8Array {
    return this.#material.point.slice();
  }

  /** `sha256:` and 64 hex digits of SHA-256 over `spki` (01 §2.3). */
  fingerprint(): string {
    this.#fingerprint ??= `sha256:${hexEncode(backend.sha256([this.#encoded()]))}`;
    return this.#fingerprint;
  }

  /** `sha256:` and the first 16 hex digits: the form of `spk_id`, row `fp` and `ik_fp` (03 §1.2). */
  keyId(): string {
    return this.fingerprint().slice(0, 23);
  }

  equals(other: PublicKey): boolean {
    return this.curve === other.curve && sameBytes(this.#material.point, other.#material.point);
  }

  toJSON(): string {
    return `PublicKey(${this.curve}, ${this.keyId()})`;
  }

  #encoded(): Uint8Array {
    this.#spki ??= concatBytes(this.#parameters.spkiHeader, this.#material.point);
    return this.#spki;
  }
}
