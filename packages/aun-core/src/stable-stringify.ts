/**
 * "Stable stringify": keys sorted by UTF-16 code unit at every level, members whose value is undefined dropped,
 * undefined items written as null, strings and numbers exactly as `JSON.stringify` writes them, no white space.
 * Used for the params hash of client signatures and for group state sign payloads (03 §1.4, 01 §15.2).
 *
 * Not the same as `canonicalJson`: exponents and integers beyond 2^53 are kept as JavaScript writes them.
 *
 * @throws {TypeError} for bigint values and for nesting deeper than 1000.
 */
export function stableStringify(value: unknown): string {
  return write(value, 0) ?? 'null';
}

const maxDepth = 1000;
/** What `JSON.stringify` escapes: lone surrogates too, so all of them are left to it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON names them.
const special = /["\\\u0000-\u001f\ud800-\udfff]/;

const quote = (text: string): string => (special.test(text) ? JSON.stringify(text) : `"${text}"`);

function write(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return quote(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (depth >= maxDepth) throw new TypeError('stableStringify: nested too deeply');
  if (Array.isArray(value)) return writeArray(value, depth);
  const object = value as Record<string, unknown>;
  let out = '';
  for (const key of Object.keys(object).sort()) {
    const text = write(object[key], depth + 1);
    if (text !== undefined) out += `${out === '' ? '{' : ','}${quote(key)}:${text}`;
  }
  return out === '' ? '{}' : `${out}}`;
}

function writeArray(items: readonly unknown[], depth: number): string {
  let out = '[';
  for (let i = 0; i < items.length; i++) {
    if (i > 0) out += ',';
    out += write(items[i], depth + 1) ?? 'null';
  }
  return `${out}]`;
}
