import { backend } from '#backend';
import { assertBytes, sameBytes } from './bytes.js';
import { type CurveParameters, EC_PUBLIC_KEY_OID, isUncompressedPoint, P256, P384 } from './curve.js';
import { derElements, derMembers, TAG } from './der.js';
import { CryptoError } from './error.js';

export interface CurvePoint {
  readonly curve: CurveParameters;
  /** `04 || X || Y`, on the curve. */
  readonly point: Uint8Array;
}

/** Reads a SubjectPublicKeyInfo with an uncompressed or compressed point; throws `invalid_public_key` or `unsupported_key`. */
export function readSpki(der: Uint8Array): CurvePoint {
  assertBytes(der, 'SPKI');
  const canonical = P256.spkiHeader.length;
  if (der.length === 91 && sameBytes(der.subarray(0, canonical), P256.spkiHeader)) {
    return { curve: P256, point: readPoint(P256, der.subarray(canonical)) };
  }
  const members = derMembers(der);
  const [algorithm, key] = members ?? [];
  if (members?.length !== 2 || algorithm?.tag !== TAG.sequence || key?.tag !== TAG.bitString) {
    throw new CryptoError('invalid_public_key', 'SPKI is not a DER SubjectPublicKeyInfo');
  }
  const curve = readAlgorithm(algorithm.content, 'invalid_public_key');
  if (key.content[0] !== 0) throw new CryptoError('invalid_public_key', 'SPKI key has unused bits');
  return { curve, point: readPoint(curve, key.content.subarray(1)) };
}

/** The curve of an AlgorithmIdentifier's content; `code` is thrown for a wrong structure. */
export function readAlgorithm(
  content: Uint8Array,
  code: 'invalid_public_key' | 'invalid_private_key',
): CurveParameters {
  const members = derElements(content);
  const [algorithm, parameters] = members ?? [];
  if (algorithm?.tag !== TAG.oid) throw new CryptoError(code, 'key algorithm is not DER');
  if (!sameBytes(algorithm.content, EC_PUBLIC_KEY_OID)) {
    throw new CryptoError('unsupported_key', 'key algorithm is not id-ecPublicKey');
  }
  if (members?.length !== 2 || parameters?.tag !== TAG.oid) {
    throw new CryptoError('unsupported_key', 'key has no named curve');
  }
  const curve = [P256, P384].find(({ oid }) => sameBytes(oid, parameters.content));
  if (curve === undefined) throw new CryptoError('unsupported_key', 'curve is neither P-256 nor P-384');
  return curve;
}

/** A SEC 1 point, checked: a new `04 || X || Y`. Throws `invalid_public_key`. */
export function readPoint(curve: CurveParameters, encoded: Uint8Array): Uint8Array {
  if (encoded.length === 1 + 2 * curve.size) {
    if (isUncompressedPoint(curve, encoded)) return new Uint8Array(encoded);
  } else if (encoded.length === 1 + curve.size && (encoded[0] === 2 || encoded[0] === 3)) {
    const point = backend.decompressPoint(curve, encoded);
    if (point !== undefined) return point;
  }
  throw new CryptoError('invalid_public_key', `key is not a point on ${curve.name}`);
}
