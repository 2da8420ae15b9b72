import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type ECDH,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { concatBytes, wipe } from '../bytes.js';
import { type CurveParameters, P256 } from '../curve.js';
import { derEncode, TAG } from '../der.js';
import { derFromRaw, rawFromDer } from '../ecdsa-signature.js';
import { sec1Pem } from './sec1-pem.js';
import type { PrivateMaterial, PublicMaterial } from './types.js';
import { withoutStackTraces } from './without-stack-traces.js';

/**
 * Which OpenSSL runs decides the cheapest calls (measured, P-256, µs):
 *
 * |                              | 3.0 (Node 20) | 3.5 (Node 22, 24) |
 * | `diffieHellman(KeyObjects)`  | 95 | 53 |
 * | `computeSecret(raw point)`   | 99 | 58 to 100 |
 * | public import DER, JWK, PEM   | 110, 63, 110 | 43, 43, 14 |
 *
 * 3.0 validates the peer's order inside every exchange and has slow decoders, so raw points win there.
 */
const KEY_OBJECTS_ARE_CHEAP = atLeast(process.versions.openssl, 3, 5);

function atLeast(version: string | undefined, major: number, minor: number): boolean {
  const [a = 0, b = 0] = (version ?? '').split('.').map(Number);
  return a > major || (a === major && b >= minor);
}

export const nodeCurveName = (curve: CurveParameters): string =>
  curve === P256 ? 'prime256v1' : 'secp384r1';

const hashName = (curve: CurveParameters): string => (curve === P256 ? 'sha256' : 'sha384');

export class NodePublicMaterial implements PublicMaterial {
  readonly point: Uint8Array;
  readonly #curve: CurveParameters;
  #key: KeyObject | undefined;

  constructor(curve: CurveParameters, point: Uint8Array) {
    this.#curve = curve;
    this.point = point;
  }

  get keyObject(): KeyObject {
    this.#key ??= KEY_OBJECTS_ARE_CHEAP
      ? importPem(this.#curve, this.point)
      : importJwk(this.#curve, this.point);
    return this.#key;
  }

  verifyDer(message: Uint8Array, signature: Uint8Array): boolean {
    return verify(hashName(this.#curve), message, this.keyObject, signature);
  }

  // The platform's own `ieee-p1363` form costs 30 µs more on OpenSSL 3.5 than converting here.
  verifyRaw(message: Uint8Array, signature: Uint8Array): boolean {
    return this.verifyDer(message, derFromRaw(signature));
  }
}

function importPem(curve: CurveParameters, point: Uint8Array): KeyObject {
  const spki = Buffer.from(concatBytes(curve.spkiHeader, point).buffer).toString('base64');
  return createPublicKey(`-----BEGIN PUBLIC KEY-----\n${spki}\n-----END PUBLIC KEY-----\n`);
}

function importJwk(curve: CurveParameters, point: Uint8Array): KeyObject {
  const coordinate = (at: number): string =>
    Buffer.from(point.buffer, point.byteOffset + at, curve.size).toString('base64url');
  const key = { kty: 'EC', crv: curve.name, x: coordinate(1), y: coordinate(1 + curve.size) };
  return createPublicKey({ key, format: 'jwk' });
}

export class NodePrivateMaterial implements PrivateMaterial {
  readonly #curve: CurveParameters;
  readonly #scalar: Uint8Array;
  #exchange: ECDH | undefined;
  #point: Uint8Array | undefined;
  #key: KeyObject | undefined;

  constructor(curve: CurveParameters, scalar: Uint8Array) {
    this.#curve = curve;
    this.#scalar = scalar;
  }

  get point(): Uint8Array {
    this.#point ??= new Uint8Array(this.exchange.getPublicKey());
    return this.#point;
  }

  private get exchange(): ECDH {
    if (this.#exchange === undefined) {
      this.#exchange = createECDH(nodeCurveName(this.#curve));
      this.#exchange.setPrivateKey(this.#scalar);
    }
    return this.#exchange;
  }

  /** SEC 1 is the cheapest private form both OpenSSLs read from bytes that can be wiped afterwards. */
  private get keyObject(): KeyObject {
    if (this.#key === undefined) {
      // Without the public half OpenSSL computes it, cheaper than doing so here first.
      const der = sec1(this.#curve, this.#scalar, this.#point);
      if (KEY_OBJECTS_ARE_CHEAP) {
        const pem = sec1Pem(der);
        this.#key = withoutStackTraces(() => createPrivateKey(pem));
        wipe(pem);
      } else {
        this.#key = createPrivateKey({ key: Buffer.from(der.buffer), format: 'der', type: 'sec1' });
      }
      wipe(der);
    }
    return this.#key;
  }

  signDer(message: Uint8Array): Uint8Array {
    return new Uint8Array(sign(hashName(this.#curve), message, this.keyObject));
  }

  signRaw(message: Uint8Array): Uint8Array {
    const raw = rawFromDer(this.#curve, this.signDer(message));
    if (raw === undefined) throw new Error('OpenSSL returned a signature that is not DER');
    return raw;
  }

  ecdh(peer: PublicMaterial): Uint8Array {
    const shared =
      KEY_OBJECTS_ARE_CHEAP && peer instanceof NodePublicMaterial
        ? diffieHellman({ privateKey: this.keyObject, publicKey: peer.keyObject })
        : this.exchange.computeSecret(peer.point);
    // The Buffer may lie in Node's shared pool, where the next one to use that memory could read the secret.
    const secret = new Uint8Array(shared);
    wipe(shared);
    return secret;
  }

  // The asynchronous calls of Node are slower: each one queues for a thread.
  async ecdhAsync(peer: PublicMaterial): Promise<Uint8Array> {
    return this.ecdh(peer);
  }
}

function sec1(curve: CurveParameters, scalar: Uint8Array, point: Uint8Array | undefined): Uint8Array {
  const publicHalf =
    point === undefined ? [] : [derEncode(TAG.context1, derEncode(TAG.bitString, Uint8Array.of(0), point))];
  return derEncode(
    TAG.sequence,
    Uint8Array.of(TAG.integer, 1, 1),
    Uint8Array.of(TAG.octetString, scalar.length),
    scalar,
    derEncode(TAG.context0, derEncode(TAG.oid, curve.oid)),
    ...publicHalf,
  );
}
