import { hexEncode } from './hex.js';

/** The curves of the protocol: P-256 for agents, P-384 for certificate authorities (01 §2.1). */
export type Curve = 'P-256' | 'P-384';

export interface CurveParameters {
  readonly name: Curve;
  /** Bytes of a scalar or a coordinate. */
  readonly size: number;
  /** Content bytes of the named-curve OBJECT IDENTIFIER. */
  readonly oid: Uint8Array;
  /** DER of SubjectPublicKeyInfo up to and without the point. */
  readonly spkiHeader: Uint8Array;
  readonly order: Uint8Array;
  readonly p: bigint;
  readonly b: bigint;
}

const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

// Domain parameters: SEC 2, §2.4.2 and §2.5.1; both curves have a = -3 and cofactor 1.
export const P256: CurveParameters = {
  name: 'P-256',
  size: 32,
  oid: bytes('2a8648ce3d030107'),
  spkiHeader: bytes('3059301306072a8648ce3d020106082a8648ce3d030107034200'),
  order: bytes('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'),
  p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
};

export const P384: CurveParameters = {
  name: 'P-384',
  size: 48,
  oid: bytes('2b81040022'),
  spkiHeader: bytes('3076301006072a8648ce3d020106052b81040022036200'),
  order: bytes(
    'ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973',
  ),
  p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
  b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
};

/** Content bytes of the OBJECT IDENTIFIER id-ecPublicKey, 1.2.840.10045.2.1. */
export const EC_PUBLIC_KEY_OID = Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01);

export const curveParameters = (curve: Curve): CurveParameters => (curve === 'P-256' ? P256 : P384);

/** 1 <= scalar < order, for scalars of exactly `size` bytes. Does not branch on single bytes. */
export const isScalarInRange = (curve: CurveParameters, scalar: Uint8Array): boolean =>
  scalar.length === curve.size && isScalarAt(curve, scalar, 0);

/** {@link isScalarInRange} for the `size` bytes at `offset`, which must be there. */
export function isScalarAt({ size, order }: CurveParameters, bytes: Uint8Array, offset: number): boolean {
  let borrow = 0;
  let any = 0;
  for (let i = size - 1; i >= 0; i--) {
    const digit = bytes[offset + i] ?? 0;
    any |= digit;
    borrow = (digit - (order[i] ?? 0) - borrow) >>> 31;
  }
  return borrow === 1 && any !== 0;
}

/** `point` is `04 || X || Y` of a point on the curve (which excludes infinity; cofactor 1 needs no order check). */
export function isUncompressedPoint({ size, p, b }: CurveParameters, point: Uint8Array): boolean {
  if (point.length !== 1 + 2 * size || point[0] !== 4) return false;
  const hex = hexEncode(point);
  const x = BigInt(`0x${hex.slice(2, 2 + 2 * size)}`);
  const y = BigInt(`0x${hex.slice(2 + 2 * size)}`);
  return x < p && y < p && (y * y - (x * x - 3n) * x - b) % p === 0n;
}
