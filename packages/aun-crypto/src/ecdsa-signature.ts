import { type CurveParameters, isScalarInRange } from './curve.js';
import { derMembers, TAG } from './der.js';

/** `r || s` of a DER ECDSA-Sig-Value, or undefined when it is not strict DER or r, s are out of range. */
export function rawFromDer(curve: CurveParameters, der: Uint8Array): Uint8Array | undefined {
  const members = derMembers(der);
  if (members?.length !== 2) return undefined;
  const raw = new Uint8Array(2 * curve.size);
  for (const [i, { tag, content }] of members.entries()) {
    const first = content[0];
    if (tag !== TAG.integer || first === undefined || first > 0x7f) return undefined;
    if (first === 0 && content.length > 1 && (content[1] ?? 0) < 0x80) return undefined;
    const digits = first === 0 ? content.subarray(1) : content;
    if (digits.length > curve.size) return undefined;
    raw.set(digits, (i + 1) * curve.size - digits.length);
  }
  return isRawSignature(curve, raw) ? raw : undefined;
}

/** Right length, and both r and s in 1..n-1. */
export const isRawSignature = (curve: CurveParameters, raw: Uint8Array): boolean =>
  raw.length === 2 * curve.size &&
  isScalarInRange(curve, raw.subarray(0, curve.size)) &&
  isScalarInRange(curve, raw.subarray(curve.size));

/** Strict DER of `r || s`. Both curves keep the whole below 128 bytes, so lengths take one byte. */
export function derFromRaw(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  const integers = [raw.subarray(0, half), raw.subarray(half)].map((digits) => {
    let start = 0;
    while (start < half - 1 && digits[start] === 0) start++;
    return { digits: digits.subarray(start), pad: (digits[start] ?? 0) > 0x7f ? 1 : 0 };
  });
  const length = integers.reduce((sum, { digits, pad }) => sum + 2 + pad + digits.length, 0);
  const der = new Uint8Array(2 + length);
  der[0] = TAG.sequence;
  der[1] = length;
  let offset = 2;
  for (const { digits, pad } of integers) {
    der[offset] = TAG.integer;
    der[offset + 1] = pad + digits.length;
    der.set(digits, offset + 2 + pad);
    offset += 2 + pad + digits.length;
  }
  return der;
}
