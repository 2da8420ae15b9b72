import { wipe } from '../bytes.js';
import type { CurveParameters } from '../curve.js';
import { writePkcs8 } from '../write-pkcs8.js';

/** Absent outside of secure contexts, for example on a page of plain http. */
const subtleOf = (): SubtleCrypto | undefined => globalThis.crypto?.subtle;

type Purpose = 'ECDH' | 'ECDSA';

const hashName = (curve: CurveParameters): string => (curve.name === 'P-256' ? 'SHA-256' : 'SHA-384');

/** What a promise gives; undefined where the platform has no WebCrypto, or one that does not take such keys. */
const orUndefined = <T>(attempt: Promise<T>): Promise<T | undefined> => attempt.catch(() => undefined);

/** Keys of one pair as WebCrypto has them: one object for each purpose, imported on first use. */
abstract class SubtleKey {
  readonly curve: CurveParameters;
  readonly #imported: { [purpose in Purpose]?: Promise<CryptoKey | undefined> } = {};

  constructor(curve: CurveParameters) {
    this.curve = curve;
  }

  /** Undefined where WebCrypto cannot be used. */
  for(purpose: Purpose): Promise<CryptoKey | undefined> {
    const subtle = subtleOf();
    if (subtle === undefined) return Promise.resolve(undefined);
    this.#imported[purpose] ??= orUndefined(this.importInto(subtle, purpose));
    return this.#imported[purpose];
  }

  protected abstract importInto(subtle: SubtleCrypto, purpose: Purpose): Promise<CryptoKey>;
}

/** The public half: its answers are undefined where WebCrypto cannot be used. */
export class SubtlePublicKey extends SubtleKey {
  readonly #point: Uint8Array;

  constructor(curve: CurveParameters, point: Uint8Array) {
    super(curve);
    this.#point = point;
  }

  async verify(message: Uint8Array, signature: Uint8Array): Promise<boolean | undefined> {
    const key = await this.for('ECDSA');
    if (key === undefined) return undefined;
    const algorithm = { name: 'ECDSA', hash: hashName(this.curve) };
    return orUndefined(
      globalThis.crypto.subtle.verify(algorithm, key, new Uint8Array(signature), new Uint8Array(message)),
    );
  }

  protected importInto(subtle: SubtleCrypto, name: Purpose): Promise<CryptoKey> {
    const algorithm = { name, namedCurve: this.curve.name };
    const uses: KeyUsage[] = name === 'ECDH' ? [] : ['verify'];
    return subtle.importKey('raw', new Uint8Array(this.#point), algorithm, false, uses);
  }
}

/**
 * The private half: native code on the browser's own threads, in Chromium about ten times faster than JavaScript.
 * Answers are undefined where WebCrypto cannot be used.
 */
export class SubtlePrivateKey extends SubtleKey {
  readonly #scalar: Uint8Array;
  readonly #point: Uint8Array;

  constructor(curve: CurveParameters, scalar: Uint8Array, point: Uint8Array) {
    super(curve);
    this.#scalar = scalar;
    this.#point = point;
  }

  async agree(peer: SubtlePublicKey): Promise<Uint8Array | undefined> {
    const [own, other] = await Promise.all([this.for('ECDH'), peer.for('ECDH')]);
    if (own === undefined || other === undefined) return undefined;
    const algorithm = { name: 'ECDH', public: other };
    const bits = await orUndefined(globalThis.crypto.subtle.deriveBits(algorithm, own, this.curve.size * 8));
    return bits && new Uint8Array(bits);
  }

  async sign(message: Uint8Array): Promise<Uint8Array | undefined> {
    const key = await this.for('ECDSA');
    if (key === undefined) return undefined;
    const algorithm = { name: 'ECDSA', hash: hashName(this.curve) };
    const signature = await orUndefined(
      globalThis.crypto.subtle.sign(algorithm, key, new Uint8Array(message)),
    );
    return signature && new Uint8Array(signature);
  }

  protected async importInto(subtle: SubtleCrypto, name: Purpose): Promise<CryptoKey> {
    // With the public half, which Firefox and WebKit ask for.
    const encoded = writePkcs8(this.curve, this.#scalar, this.#point);
    const der = new Uint8Array(encoded);
    wipe(encoded);
    try {
      const algorithm = { name, namedCurve: this.curve.name };
      return await subtle.importKey('pkcs8', der, algorithm, false, [
        name === 'ECDH' ? 'deriveBits' : 'sign',
      ]);
    } finally {
      wipe(der);
    }
  }
}
