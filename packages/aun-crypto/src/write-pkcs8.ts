import { wipe } from './bytes.js';
import { type CurveParameters, EC_PUBLIC_KEY_OID } from './curve.js';
import { derEncode, TAG } from './der.js';

/** PKCS#8 in the common form: no curve inside ECPrivateKey, public half included (138 bytes for P-256). */
export function writePkcs8(curve: CurveParameters, scalar: Uint8Array, point: Uint8Array): Uint8Array {
  const inner = derEncode(
    TAG.sequence,
    Uint8Array.of(TAG.integer, 1, 1),
    Uint8Array.of(TAG.octetString, scalar.length),
    scalar,
    derEncode(TAG.context1, derEncode(TAG.bitString, Uint8Array.of(0), point)),
  );
  const algorithm = derEncode(
    TAG.sequence,
    derEncode(TAG.oid, EC_PUBLIC_KEY_OID),
    derEncode(TAG.oid, curve.oid),
  );
  const wrapped = derEncode(TAG.octetString, inner);
  const der = derEncode(TAG.sequence, Uint8Array.of(TAG.integer, 1, 0), algorithm, wrapped);
  wipe(inner, wrapped);
  return der;
}
