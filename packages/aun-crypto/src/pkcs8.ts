import { assertBytes, sameBytes } from './bytes.js';
import { type CurveParameters, isScalarInRange } from './curve.js';
import { type DerElement, derElements, derMembers, TAG } from './der.js';
import { CryptoError } from './error.js';
import { readAlgorithm, readPoint } from './spki.js';

export interface PrivateKeyParts {
  readonly curve: CurveParameters;
  /** `curve.size` bytes, in range. */
  readonly scalar: Uint8Array;
  /** The embedded public point, when there is one. */
  readonly point?: Uint8Array;
}

const invalid = (message: string) => new CryptoError('invalid_private_key', message);

/** Reads a PKCS#8 PrivateKeyInfo (RFC 5208) with an RFC 5915 key in it, with or without the public half. */
export function readPkcs8(der: Uint8Array): PrivateKeyParts {
  assertBytes(der, 'PKCS#8');
  const [version, algorithm, key, attributes, ...rest] = derMembers(der) ?? [];
  if (!isInteger(version, 0) || algorithm?.tag !== TAG.sequence || key?.tag !== TAG.octetString) {
    throw invalid('key is not a DER PrivateKeyInfo');
  }
  if (rest.length > 0 || (attributes && attributes.tag !== TAG.context0)) {
    throw invalid('PrivateKeyInfo has unknown members');
  }
  return readEcPrivateKey(readAlgorithm(algorithm.content, 'invalid_private_key'), key.content);
}

function readEcPrivateKey(curve: CurveParameters, der: Uint8Array): PrivateKeyParts {
  const [version, key, ...optional] = derMembers(der) ?? [];
  if (!isInteger(version, 1) || key?.tag !== TAG.octetString || key.content.length > curve.size) {
    throw invalid('key is not a DER ECPrivateKey');
  }
  let point: Uint8Array | undefined;
  let lastTag = 0;
  for (const { tag, content } of optional) {
    if (tag <= lastTag) throw invalid('ECPrivateKey members are out of order');
    lastTag = tag;
    if (tag === TAG.context0) checkParameters(curve, content);
    else if (tag === TAG.context1) point = readEmbeddedPoint(curve, content);
    else throw invalid('ECPrivateKey has unknown members');
  }
  const scalar = new Uint8Array(curve.size);
  scalar.set(key.content, curve.size - key.content.length);
  if (!isScalarInRange(curve, scalar)) throw invalid('private scalar is out of range');
  return point === undefined ? { curve, scalar } : { curve, scalar, point };
}

function checkParameters(curve: CurveParameters, content: Uint8Array): void {
  const [oid, ...rest] = derElements(content) ?? [];
  if (rest.length > 0 || oid?.tag !== TAG.oid || !sameBytes(oid.content, curve.oid)) {
    throw invalid('ECPrivateKey names another curve');
  }
}

function readEmbeddedPoint(curve: CurveParameters, content: Uint8Array): Uint8Array {
  const [bits, ...rest] = derElements(content) ?? [];
  if (rest.length > 0 || bits?.tag !== TAG.bitString || bits.content[0] !== 0) {
    throw invalid('embedded public key is not DER');
  }
  return readPoint(curve, bits.content.subarray(1));
}

const isInteger = (element: DerElement | undefined, value: number): boolean =>
  element?.tag === TAG.integer && element.content.length === 1 && element.content[0] === value;
