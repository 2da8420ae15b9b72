import { CryptoError } from './error.js';

/** True for any `Uint8Array`, also one of another realm. */
export const isBytes = (value: unknown): value is Uint8Array =>
  value instanceof Uint8Array || Object.prototype.toString.call(value) === '[object Uint8Array]';

/** Throws `invalid_argument` unless `value` is bytes, of `length` bytes when given. */
export function assertBytes(value: unknown, name: string, length?: number): asserts value is Uint8Array {
  if (!isBytes(value)) throw new CryptoError('invalid_argument', `${name} must be a Uint8Array`);
  if (length !== undefined && value.length !== length) {
    throw new CryptoError('invalid_argument', `${name} must be ${length} bytes, got ${value.length}`);
  }
}

/** One new array with all parts in order. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** Equality of public bytes; not constant time, see `timingSafeEqual` for secrets. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Overwrites secrets with zeros. */
export function wipe(...secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}
