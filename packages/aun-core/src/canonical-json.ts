/** A value has no canonical JSON form; `path` names the offending member, e.g. `$.a[1]` (03 §1.3). */
export class CanonicalJsonError extends Error {
  override readonly name = 'CanonicalJsonError';
  readonly code = 'canonical_json';

  constructor(
    message: string,
    readonly path: string,
  ) {
    super(`canonicalJson: ${message} at ${path}`);
  }
}

/** Deeper values are refused, so that hostile nesting cannot exhaust the stack. */
export const CANONICAL_JSON_MAX_DEPTH = 1000;

const nonAsciiOrder = /[\ud800-\uffff]/;

/**
 * Canonical JSON text of a value: keys in ascending Unicode code point order, no white space, numbers without
 * exponents, integers within ±(2^53−1) only. Encode the text as UTF-8 to get the bytes that are hashed or signed.
 *
 * Lone surrogates become U+FFFD. `toJSON` is not honoured and `undefined` is an error, also as a member (03 §1.3).
 *
 * @throws {CanonicalJsonError} for undefined, functions, symbols, bigint, NaN, infinities, unsafe integers and
 * nesting deeper than {@link CANONICAL_JSON_MAX_DEPTH}.
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$', 0);
}

function write(value: unknown, path: string, depth: number): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
      return formatNumber(value, path);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (depth >= CANONICAL_JSON_MAX_DEPTH) throw new CanonicalJsonError('nested too deeply', '$');
      return Array.isArray(value)
        ? writeArray(value, path, depth)
        : writeObject(value as Record<string, unknown>, path, depth);
    default:
      throw new CanonicalJsonError(`unsupported type ${typeof value}`, path);
  }
}

function writeArray(items: readonly unknown[], path: string, depth: number): string {
  let out = '[';
  for (let i = 0; i < items.length; i++) {
    if (i > 0) out += ',';
    out += write(items[i], `${path}[]`, depth + 1);
  }
  return `${out}]`;
}

function writeObject(object: Record<string, unknown>, path: string, depth: number): string {
  let out = '';
  for (const key of sortedKeys(object)) {
    out += `${out === '' ? '{' : ','}${quote(key)}:${write(object[key], `${path}.${key}`, depth + 1)}`;
  }
  return out === '' ? '{}' : `${out}}`;
}

function sortedKeys(object: Record<string, unknown>): string[] {
  const keys = Object.keys(object);
  // The default order is by UTF-16 code unit; it differs from code points only where surrogates meet U+E000–U+FFFF.
  return keys.some((key) => nonAsciiOrder.test(key)) ? keys.sort(compareCodePoints) : keys.sort();
}

/** Ascending order by Unicode code point, shorter prefix first. */
export function compareCodePoints(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function quote(text: string): string {
  const quoted = JSON.stringify(text);
  // JSON.stringify escapes lone surrogates; here they are written as the replacement character instead.
  return quoted.includes('\\ud') ? JSON.stringify(replaceLoneSurrogates(text)) : quoted;
}

function replaceLoneSurrogates(text: string): string {
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
}

function formatNumber(value: number, path: string): string {
  if (Number.isSafeInteger(value)) return value === 0 ? '0' : String(value);
  if (!Number.isFinite(value)) throw new CanonicalJsonError(`cannot serialize ${value}`, path);
  if (Number.isInteger(value)) throw new CanonicalJsonError(`integer outside safe range ${value}`, path);
  const text = String(value);
  return text.includes('e') ? expandExponent(text) : text;
}

/** `1.5e-10` → `0.00000000015`. Only negative exponents reach this point: larger values are integers. */
function expandExponent(text: string): string {
  const [mantissa = '', exponent = '0'] = text.split('e');
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace('-', '').replace('.', '');
  return `${sign}0.${'0'.repeat(-Number(exponent) - 1)}${digits}`;
}
