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
  return write(value, 0, undefined);
}

/** A member on the way from the value to where the writer is; its path is only spelled out for an error. */
interface Place {
  readonly parent: Place | undefined;
  /** Undefined = an element of an array. */
  readonly key: string | undefined;
}

function pathOf(place: Place | undefined): string {
  if (place === undefined) return '$';
  return pathOf(place.parent) + (place.key === undefined ? '[]' : `.${place.key}`);
}

function write(value: unknown, depth: number, parent: Place | undefined, key?: string): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
      return formatNumber(value) ?? refuse(numberFault(value), depth, parent, key);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object': {
      if (value === null) return 'null';
      if (depth >= CANONICAL_JSON_MAX_DEPTH) throw new CanonicalJsonError('nested too deeply', '$');
      const place = depth === 0 ? undefined : { parent, key };
      return Array.isArray(value)
        ? writeArray(value, depth, place)
        : writeObject(value as Record<string, unknown>, depth, place);
    }
    default:
      return refuse(`unsupported type ${typeof value}`, depth, parent, key);
  }
}

function refuse(reason: string, depth: number, parent: Place | undefined, key: string | undefined): never {
  throw new CanonicalJsonError(reason, depth === 0 ? '$' : pathOf({ parent, key }));
}

function writeArray(items: readonly unknown[], depth: number, place: Place | undefined): string {
  let out = '[';
  for (let i = 0; i < items.length; i++) {
    if (i > 0) out += ',';
    out += write(items[i], depth + 1, place);
  }
  return `${out}]`;
}

function writeObject(object: Record<string, unknown>, depth: number, place: Place | undefined): string {
  let out = '';
  for (const key of sortedKeys(object)) {
    out += `${out === '' ? '{' : ','}${quote(key)}:${write(object[key], depth + 1, place, key)}`;
  }
  return out === '' ? '{}' : `${out}}`;
}

function sortedKeys(object: Record<string, unknown>): string[] {
  const keys = Object.keys(object);
  // The default order is by UTF-16 code unit; it differs from code points only where surrogates meet U+E000–U+FFFF.
  for (let i = 0; i < keys.length; i++) {
    if (nonAsciiOrder.test(keys[i] ?? '')) return keys.sort(compareCodePoints);
  }
  for (let i = 1; i < keys.length; i++) if ((keys[i - 1] ?? '') > (keys[i] ?? '')) return keys.sort();
  return keys;
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

// What JSON.stringify would escape, and surrogates, which need a closer look.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that JSON escapes.
const special = /["\\\u0000-\u001f\ud800-\udfff]/;

function quote(text: string): string {
  if (!special.test(text)) return `"${text}"`;
  const quoted = JSON.stringify(text);
  // JSON.stringify escapes lone surrogates; here they are written as the replacement character instead.
  return quoted.includes('\\ud') ? JSON.stringify(replaceLoneSurrogates(text)) : quoted;
}

function replaceLoneSurrogates(text: string): string {
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
}

/** Undefined for a number without canonical form. */
function formatNumber(value: number): string | undefined {
  if (Number.isSafeInteger(value)) return value === 0 ? '0' : String(value);
  if (!Number.isFinite(value) || Number.isInteger(value)) return undefined;
  const text = String(value);
  return text.includes('e') ? expandExponent(text) : text;
}

const numberFault = (value: number): string =>
  Number.isFinite(value) ? `integer outside safe range ${value}` : `cannot serialize ${value}`;

/** `1.5e-10` → `0.00000000015`. Only negative exponents reach this point: larger values are integers. */
function expandExponent(text: string): string {
  const [mantissa = '', exponent = '0'] = text.split('e');
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace('-', '').replace('.', '');
  return `${sign}0.${'0'.repeat(-Number(exponent) - 1)}${digits}`;
}
