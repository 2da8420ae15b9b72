import type { RandomBytes } from 'aun-core';
import { backend } from '#backend';
import type { PrivateMaterial } from './backend/types.js';
import { assertBytes, sameBytes, wipe } from './bytes.js';
import { type Curve, type CurveParameters, curveParameters, isScalarInRange, P256 } from './curve.js';
import { CryptoError } from './error.js';
import { pemDecode, pemEncode } from './pem.js';
import { readPkcs8 } from './pkcs8.js';
import { ownPublicKey, type PublicKey } from './public-key.js';
import { drawBytes, randomBytes } from './random.js';
import { writePkcs8 } from './write-pkcs8.js';

const PEM_LABEL = 'PRIVATE KEY';
const MAX_DRAWS = 16;

interface PrivateParts {
  readonly curve: CurveParameters;
  readonly material: PrivateMaterial;
}

/** For the operations of this package only; not exported from it. */
export let privateParts: (key: PrivateKey) => PrivateParts;

/**
 * A private key handle. The scalar leaves it only through `toScalar`, `toPkcs8` and `toPem`; JSON and inspection show
 * the public fingerprint. Key objects of the platform are made on first use and kept: one handle serves any number
 * of signatures and key agreements, for example one session key against a thousand recipients.
 */
export class PrivateKey {
  static {
    privateParts = (key) => ({ curve: key.#parameters, material: key.#live() });
  }

  readonly curve: Curve;
  readonly #parameters: CurveParameters;
  #material: PrivateMaterial | undefined;
  #publicKey: PublicKey | undefined;

  private constructor(parameters: CurveParameters, material: PrivateMaterial) {
    this.curve = parameters.name;
    this.#parameters = parameters;
    this.#material = material;
  }

  static #of(parameters: CurveParameters, scalar: Uint8Array): PrivateKey {
    return new PrivateKey(parameters, backend.privateMaterial(parameters, scalar));
  }

  /**
   * A new P-256 key. `random` is asked for 32 bytes, and again only if they are not a scalar of the curve
   * (probability 2^-32); a source that never gives one throws `random_failed`. Default: the platform's own generator.
   */
  static generate(options: { random?: RandomBytes | undefined } = {}): PrivateKey {
    const { random = randomBytes } = options;
    const made = random === randomBytes ? backend.generateMaterial(P256) : undefined;
    if (made !== undefined) return new PrivateKey(P256, made);
    for (let draws = 0; draws < MAX_DRAWS; draws++) {
      const scalar = drawBytes(random, P256.size);
      if (isScalarInRange(P256, scalar)) return PrivateKey.#of(P256, scalar);
    }
    throw new CryptoError('random_failed', 'random source never returned a valid scalar');
  }

  /** From a big-endian scalar of exactly 32 (P-384: 48) bytes, copied. Throws `invalid_private_key` when out of range. */
  static fromScalar(scalar: Uint8Array, curve: Curve = 'P-256'): PrivateKey {
    const parameters = curveParameters(curve);
    assertBytes(scalar, 'private scalar', parameters.size);
    if (!isScalarInRange(parameters, scalar)) {
      throw new CryptoError('invalid_private_key', 'private scalar is out of range');
    }
    return PrivateKey.#of(parameters, new Uint8Array(scalar));
  }

  /** From PKCS#8 DER, with or without the public half; one that does not belong to the scalar is refused. */
  static fromPkcs8(der: Uint8Array): PrivateKey {
    const { curve, scalar, point } = readPkcs8(der);
    const key = PrivateKey.#of(curve, scalar);
    if (point !== undefined && !sameBytes(point, key.#live().point)) {
      key.wipe();
      throw new CryptoError('invalid_private_key', 'embedded public key does not belong to the private key');
    }
    return key;
  }

  /** From a PKCS#8 PEM text; CRLF and surrounding text are fine. */
  static fromPem(pem: string): PrivateKey {
    const { label, der } = pemDecode(pem);
    if (label !== PEM_LABEL) throw new CryptoError('invalid_pem', `expected ${PEM_LABEL}, got ${label}`);
    const key = PrivateKey.fromPkcs8(der);
    wipe(der);
    return key;
  }

  get publicKey(): PublicKey {
    this.#publicKey ??= ownPublicKey(this.#parameters, this.#live().point);
    return this.#publicKey;
  }

  /** The secret scalar, big-endian, 32 (48) bytes. A copy: `wipe` it after use. */
  toScalar(): Uint8Array {
    return this.#live().scalar.slice();
  }

  /** PKCS#8 DER with the public half, 138 bytes for P-256. Secret: `wipe` it after use. */
  toPkcs8(): Uint8Array {
    const { scalar, point } = this.#live();
    return writePkcs8(this.#parameters, scalar, point);
  }

  /** PKCS#8 PEM, the form of the key store (08 §4). Secret. */
  toPem(): string {
    const der = this.toPkcs8();
    const pem = pemEncode(PEM_LABEL, der);
    wipe(der);
    return pem;
  }

  /** Overwrites the scalar and lets go of the platform's key objects. Any later use throws `key_wiped`. */
  wipe(): void {
    this.#material?.wipe();
    this.#material = undefined;
  }

  toString(): string {
    return this.toJSON();
  }

  /** Names the key, never the secret. */
  toJSON(): string {
    return this.#material === undefined
      ? `PrivateKey(${this.curve}, wiped)`
      : `PrivateKey(${this.curve}, ${this.publicKey.keyId()})`;
  }

  /** What `console.log` shows in Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toJSON();
  }

  #live(): PrivateMaterial {
    if (this.#material === undefined) throw new CryptoError('key_wiped', 'private key was wiped');
    return this.#material;
  }
}
