import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type ECDH,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { wipe } from '../bytes.js';
import { type CurveParameters, P256 } from '../curve.js';
import { derMembers } from '../der.js';
import { derFromRaw, rawFromDer } from '../ecdsa-signature.js';
import { KEY_OBJECTS_ARE_CHEAP } from './node-openssl.js';
import { sec1Der, sec1Pem } from './sec1.js';
import type { PrivateMaterial, PublicMaterial } from './types.js';
import { withoutStackTraces } from './without-stack-traces.js';

/*
 * Which OpenSSL runs decides the cheapest calls (measured, P-256, µs):
 *
 * |                              | 3.0 (Node 20) | 3.5 (Node 22, 24) |
 * | `diffieHellman(KeyObjects)`  | 95 | 53 |
 * | `computeSecret(raw point)`   | 99 | 58 to 100 |
 * | public import DER, JWK, PEM   | 110, 63, 110 | 43, 43, 14 |
 * | new key pair, its point known | 21 (`ECDH`) | 37 (`generateKeyPairSync` and JWK) |
 * | a scalar made ready, point known | 21 (`ECDH`) | 35 (`ECDH` and SEC 1 PEM) |
 *
 * 3.0 validates the peer's order inside every exchange and has slow decoders, so raw points win there.
 */
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

  // Node's own asynchronous calls queue for a thread: on whole clients 5 % more messages for half again the latency.
  async verifyRawAsync(message: Uint8Array, signature: Uint8Array): Promise<boolean> {
    return this.verifyRaw(message, signature);
  }
}

function importPem(curve: CurveParameters, point: Uint8Array): KeyObject {
  const spki = Buffer.alloc(curve.spkiHeader.length + point.length);
  spki.set(curve.spkiHeader);
  spki.set(point, curve.spkiHeader.length);
  return createPublicKey(
    `-----BEGIN PUBLIC KEY-----\n${spki.toString('base64')}\n-----END PUBLIC KEY-----\n`,
  );
}

function importJwk(curve: CurveParameters, point: Uint8Array): KeyObject {
  const coordinate = (at: number): string =>
    Buffer.from(point.buffer, point.byteOffset + at, curve.size).toString('base64url');
  const key = { kty: 'EC', crv: curve.name, x: coordinate(1), y: coordinate(1 + curve.size) };
  return createPublicKey({ key, format: 'jwk' });
}

/** What a private key is made from: a scalar, or what the platform generated. */
interface PrivateOrigin {
  readonly scalar?: Uint8Array;
  readonly exchange?: ECDH;
  readonly key?: KeyObject;
  readonly point?: Uint8Array;
}

/**
 * An `ECDH` with a P-256 key that nobody has used. Making the object costs as much as making a key in it, so wiping a
 * key overwrites it with the next one.
 */
let spare: { readonly exchange: ECDH; readonly point: Uint8Array } | undefined;

function newExchange(curve: CurveParameters): { readonly exchange: ECDH; readonly point: Uint8Array } {
  if (curve === P256 && spare !== undefined) {
    const taken = spare;
    spare = undefined;
    return taken;
  }
  const exchange = createECDH(nodeCurveName(curve));
  return { exchange, point: new Uint8Array(exchange.generateKeys()) };
}

export class NodePrivateMaterial implements PrivateMaterial {
  readonly #curve: CurveParameters;
  #scalar: Uint8Array | undefined;
  #exchange: ECDH | undefined;
  #point: Uint8Array | undefined;
  #key: KeyObject | undefined;

  private constructor(curve: CurveParameters, { scalar, exchange, key, point }: PrivateOrigin) {
    this.#curve = curve;
    this.#scalar = scalar;
    this.#exchange = exchange;
    this.#key = key;
    this.#point = point;
  }

  static of(curve: CurveParameters, scalar: Uint8Array): NodePrivateMaterial {
    return new NodePrivateMaterial(curve, { scalar });
  }

  /** A new key, whose scalar stays with OpenSSL until it is asked for. */
  static generate(curve: CurveParameters): NodePrivateMaterial {
    if (KEY_OBJECTS_ARE_CHEAP) {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve.name });
      return new NodePrivateMaterial(curve, { key: privateKey, point: pointOf(curve, publicKey) });
    }
    return new NodePrivateMaterial(curve, newExchange(curve));
  }

  get scalar(): Uint8Array {
    this.#scalar ??= readScalar(this.#curve, this.#exchange, this.#key);
    return this.#scalar;
  }

  get point(): Uint8Array {
    this.#point ??= new Uint8Array(this.exchange.getPublicKey());
    return this.#point;
  }

  private get exchange(): ECDH {
    if (this.#exchange === undefined) {
      this.#exchange = createECDH(nodeCurveName(this.#curve));
      this.#exchange.setPrivateKey(this.scalar);
    }
    return this.#exchange;
  }

  /** SEC 1 is the cheapest private form both OpenSSLs read from bytes that can be wiped afterwards. */
  private get keyObject(): KeyObject {
    // Without the public half OpenSSL computes it, cheaper than doing so here first.
    this.#key ??= importSec1(sec1Der(this.#curve, this.scalar, this.#point));
    return this.#key;
  }

  signDer(message: Uint8Array): Uint8Array {
    return new Uint8Array(sign(hashName(this.#curve), message, this.keyObject));
  }

  signRaw(message: Uint8Array): Uint8Array {
    const raw = rawFromDer(this.#curve, sign(hashName(this.#curve), message, this.keyObject));
    if (raw === undefined) throw new Error('OpenSSL returned a signature that is not DER');
    return raw;
  }

  async signRawAsync(message: Uint8Array): Promise<Uint8Array> {
    return this.signRaw(message);
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

  async ecdhAsync(peer: PublicMaterial): Promise<Uint8Array> {
    return this.ecdh(peer);
  }

  /** What OpenSSL holds and is not overwritten here, it wipes itself when the last handle is gone. */
  wipe(): void {
    if (this.#scalar !== undefined) wipe(this.#scalar);
    const exchange = this.#exchange;
    const isReusable = this.#curve === P256 && !KEY_OBJECTS_ARE_CHEAP;
    if (exchange !== undefined && isReusable && spare === undefined) {
      spare = { exchange, point: new Uint8Array(exchange.generateKeys()) };
    }
    this.#exchange = undefined;
    this.#key = undefined;
  }
}

/** Takes over `der` and wipes it. */
function importSec1(der: Uint8Array): KeyObject {
  const pem = KEY_OBJECTS_ARE_CHEAP ? sec1Pem(der) : undefined;
  const key =
    pem === undefined
      ? createPrivateKey({ key: Buffer.from(der.buffer), format: 'der', type: 'sec1' })
      : withoutStackTraces(() => createPrivateKey(pem));
  wipe(der);
  if (pem !== undefined) wipe(pem);
  return key;
}

/** The JWK is the cheapest form from which to read a point. */
function pointOf(curve: CurveParameters, key: KeyObject): Uint8Array {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const point = Buffer.alloc(1 + 2 * curve.size, 4);
  const written = point.write(x, 1, 'base64url') + point.write(y, 1 + curve.size, 'base64url');
  if (written !== 2 * curve.size) throw new Error('OpenSSL returned a public key without coordinates');
  return new Uint8Array(point.buffer, point.byteOffset, point.length);
}

function readScalar(
  curve: CurveParameters,
  exchange: ECDH | undefined,
  key: KeyObject | undefined,
): Uint8Array {
  const scalar = new Uint8Array(curve.size);
  const exported = exchange?.getPrivateKey() ?? key?.export({ format: 'der', type: 'sec1' });
  if (exported === undefined) throw new Error('a private key without a scalar');
  const digits = exchange === undefined ? (derMembers(exported)?.[1]?.content ?? exported) : exported;
  scalar.set(digits, curve.size - digits.length);
  wipe(exported);
  return scalar;
}
