import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonTextError, stableStringify, stableStringifyJsonText } from '../src/index.js';
import { authVectors } from './vectors.js';

/** The vectors write `undefined` as a marker string inside JSON text. */
function nativeValue(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return JSON.parse(value) as unknown;
}

function withUndefined(value: unknown): unknown {
  if (value === '__undefined__') return undefined;
  if (Array.isArray(value)) return value.map(withUndefined);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withUndefined(item)]));
  }
  return value;
}

const withoutPrivate = (key: string) => key === 'client_signature' || key.startsWith('_');

describe('stable stringify (03 §1.4)', () => {
  it.each(authVectors('canonical_json'))('$inputs.case', ({ inputs, expected }) => {
    expect(stableStringify(withUndefined(nativeValue(inputs.value_js)))).toBe(expected.canonical);
  });

  it('writes texts and numbers exactly as JSON.stringify does', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\ud800', 'x\udfff', '🎉"\\\n', '\u2028'),
    );
    fc.assert(
      fc.property(fc.oneof(text, fc.double(), fc.dictionary(text, text, { maxKeys: 1 })), (value) => {
        expect(stableStringify(value)).toBe(JSON.stringify(value));
      }),
    );
  });

  it('refuses nesting that would exhaust the stack', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(() => stableStringify(deep)).toThrow(TypeError);
  });
});

describe('stable form of JSON text (01 §15.2)', () => {
  it.each(authVectors('client_signature_number_lexemes'))(
    'keeps the number lexemes of a Python signer',
    ({ inputs }) => {
      const wire = String(inputs.wire_params_json);
      const hash = (JSON.parse(wire) as { client_signature: { params_hash: string } }).client_signature
        .params_hash;
      const canonical = stableStringifyJsonText(wire, { omitTopLevel: withoutPrivate });
      expect(canonical).toContain('"big":1e+16');
      expect(createHash('sha256').update(canonical).digest('hex')).toBe(hash);
    },
  );

  it('agrees with stableStringify on whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(stableStringifyJsonText(JSON.stringify(value))).toBe(
          stableStringify(JSON.parse(JSON.stringify(value))),
        );
      }),
    );
  });

  it('accepts exactly what JSON.parse accepts, apart from duplicate keys', () => {
    const fragment = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"\\u00e9"',
      '1',
      '-0',
      '01',
      '1.',
      'null',
      'tru',
      ' ',
      '"',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        let parses = true;
        try {
          JSON.parse(text);
        } catch {
          parses = false;
        }
        try {
          stableStringifyJsonText(text);
          expect(parses).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(JsonTextError);
          if (parses) expect((error as Error).message).toMatch(/duplicate key/);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses duplicate keys and bottomless nesting with an offset', () => {
    expect(() => stableStringifyJsonText('{"a":1,"a":2}')).toThrow(/duplicate key "a" at offset 7/);
    expect(() => stableStringifyJsonText('['.repeat(100_000))).toThrow(/nested too deeply/);
  });

  it('sorts by code point on request', () => {
    const text = '{"\ufb33":1,"\u{1f600}":2}';
    expect(stableStringifyJsonText(text)).toBe('{"\u{1f600}":2,"\ufb33":1}');
    expect(stableStringifyJsonText(text, { keyOrder: 'codepoint' })).toBe('{"\ufb33":1,"\u{1f600}":2}');
  });
});
