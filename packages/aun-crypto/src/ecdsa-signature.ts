import { type CurveParameters, isScalarAt } from './curve.js';
import { TAG } from './der.js';

/*
 * Both curves keep an ECDSA-Sig-Value below 128 bytes, so every length takes one byte. Written out by index: these
 * run beside every signature, and slices of slices cost more than the rest.
 */

/** `r || s` of a DER ECDSA-Sig-Value, or undefined when it is not strict DER or r, s are out of range. */
export function rawFromDer(curve: CurveParameters, der: Uint8Array): Uint8Array | undefined {
  if (der.length > 0x81 || der[0] !== TAG.sequence || der[1] !== der.length - 2) return undefined;
  const raw = new Uint8Array(2 * curve.size);
  const middle = readInteger(der, 2, raw, 0, curve.size);
  const end = readInteger(der, middle, raw, curve.size, curve.size);
  return end === der.length && isRawSignature(curve, raw) ? raw : undefined;
}

/** Puts the INTEGER at `offset` right-aligned into `size` bytes; gives where it ends, NaN for anything else. */
function readInteger(der: Uint8Array, offset: number, raw: Uint8Array, start: number, size: number): number {
  const length = der[offset + 1] ?? 0;
  const first = der[offset + 2] ?? 0;
  const end = offset + 2 + length;
  if (der[offset] !== TAG.integer || length === 0 || end > der.length || first > 0x7f) return Number.NaN;
  const pad = first === 0 && length > 1 ? 1 : 0;
  if (pad === 1 && (der[offset + 3] ?? 0) < 0x80) return Number.NaN;
  const digits = length - pad;
  if (digits > size) return Number.NaN;
  for (let i = 0; i < digits; i++) raw[start + size - digits + i] = der[end - digits + i] ?? 0;
  return end;
}

/** Right length, and both r and s in 1..n-1. */
export const isRawSignature = (curve: CurveParameters, raw: Uint8Array): boolean =>
  raw.length === 2 * curve.size && isScalarAt(curve, raw, 0) && isScalarAt(curve, raw, curve.size);

/** Strict DER of `r || s`. */
export function derFromRaw(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  const r = integerLength(raw, 0, half);
  const s = integerLength(raw, half, half);
  const der = new Uint8Array(6 + r + s);
  der[0] = TAG.sequence;
  der[1] = 4 + r + s;
  writeInteger(der, 2, raw, half, r);
  writeInteger(der, 4 + r, raw, 2 * half, s);
  return der;
}

/** Content bytes of the number in `size` bytes at `start`: without leading zeros, but one where the sign bit would be. */
function integerLength(raw: Uint8Array, start: number, size: number): number {
  let zeros = 0;
  while (zeros < size - 1 && raw[start + zeros] === 0) zeros++;
  return size - zeros + ((raw[start + zeros] ?? 0) > 0x7f ? 1 : 0);
}

/** An INTEGER of the `length` content bytes that end at `end`; one byte more than the number has is its zero. */
function writeInteger(der: Uint8Array, offset: number, raw: Uint8Array, end: number, length: number): void {
  der[offset] = TAG.integer;
  der[offset + 1] = length;
  const half = raw.length / 2;
  for (let i = 0; i < length; i++) {
    const from = length - i;
    der[offset + 2 + i] = from > half ? 0 : (raw[end - from] ?? 0);
  }
}
