import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CANONICAL_JSON_MAX_DEPTH, CanonicalJsonError, canonicalJson } from '../src/index.js';
import { readVectors } from './vectors.js';

interface Case {
  name: string;
  input_json: string;
  output_hex: string;
}

const vectors = readVectors<{
  cases: Case[];
  error_cases: { name: string; input_json: string }[];
  native_error_cases: { name: string }[];
}>('e2ee-canonical.json');

const nativeErrors: Record<string, unknown> = {
  'undefined at top level': undefined,
  'undefined member value': { a: undefined },
  'undefined array item': [undefined],
  bigint: 1n,
  NaN: Number.NaN,
  '+Infinity': Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  'function value': { f: () => 1 },
  symbol: Symbol('s'),
};

function bytesHex(value: unknown): string {
  return Buffer.from(new TextEncoder().encode(canonicalJson(value))).toString('hex');
}

describe('canonical JSON (03 §1.3)', () => {
  it.each(vectors.cases)('$name', ({ input_json, output_hex }) => {
    expect(bytesHex(JSON.parse(input_json))).toBe(output_hex);
  });

  it.each(vectors.error_cases)('refuses $name', ({ input_json }) => {
    expect(() => canonicalJson(JSON.parse(input_json))).toThrow(CanonicalJsonError);
  });

  it.each(vectors.native_error_cases)('refuses $name', ({ name }) => {
    expect(Object.keys(nativeErrors)).toContain(name);
    expect(() => canonicalJson(nativeErrors[name])).toThrow(CanonicalJsonError);
  });

  it('names the offending member', () => {
    expect(() => canonicalJson({ a: [{ b: undefined }] })).toThrow(
      /unsupported type undefined at \$\.a\[\]\.b/,
    );
  });

  it('refuses nesting that would exhaust the stack', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(() => canonicalJson(deep)).toThrow(/nested too deeply/);
    let allowed: unknown = 1;
    for (let i = 0; i < CANONICAL_JSON_MAX_DEPTH; i++) allowed = [allowed];
    expect(canonicalJson(allowed)).toHaveLength(2 * CANONICAL_JSON_MAX_DEPTH + 1);
  });

  it('writes JSON that reads back as the same value, and is a fixed point', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        let text: string;
        try {
          text = canonicalJson(value);
        } catch (error) {
          expect(error).toBeInstanceOf(CanonicalJsonError);
          return;
        }
        const again: unknown = JSON.parse(text);
        expect(canonicalJson(again)).toBe(text);
      }),
    );
  });

  it('writes a string as JSON.stringify does, lone surrogates replaced', () => {
    const awkward = fc.array(
      fc.constantFrom('a', 'é', '"', '\\', '\u0000', '\u001f', '\u007f', '\u2028', '😀', '\ud83d', '\ude00'),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary-ascii' }),
          awkward.map((parts) => parts.join('')),
        ),
        (text) => {
          expect(canonicalJson(text)).toBe(
            JSON.stringify(new TextDecoder().decode(new TextEncoder().encode(text))),
          );
        },
      ),
    );
  });

  it('does not depend on the order in which members were added', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary-ascii' }), fc.integer()), (object) => {
        const reversed = Object.fromEntries(Object.entries(object).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(object));
      }),
    );
  });

  it('keeps every fraction exactly', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        if (Number.isInteger(value)) return;
        const text = canonicalJson(value);
        expect(text).not.toMatch(/e/i);
        expect(Number(text)).toBe(value);
      }),
    );
  });
});
