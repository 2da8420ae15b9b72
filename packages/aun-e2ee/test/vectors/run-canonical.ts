import assert from 'node:assert/strict';
import { canonicalJson } from 'aun-core';
import { hexEncode, sha256, utf8Encode } from 'aun-crypto';
import type { VectorCheck } from './check.js';

export interface CanonicalFile {
  readonly cases: readonly {
    readonly name: string;
    readonly input_json: string;
    readonly output_utf8: string;
    readonly output_hex: string;
    readonly sha256: string;
  }[];
  readonly error_cases: readonly { readonly name: string; readonly input_json: string }[];
  readonly native_error_cases: readonly { readonly name: string }[];
}

/** The in-memory values that JSON text cannot express, by the names the file gives them. */
const nativeValues: { readonly [name: string]: unknown } = {
  'undefined at top level': undefined,
  'undefined member value': { a: undefined },
  'undefined array item': [undefined],
  bigint: 1n,
  NaN: Number.NaN,
  '+Infinity': Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  'function value': { f: () => 0 },
  symbol: Symbol('s'),
};

/** e2ee-canonical.json (03 §1.3). */
export function canonicalChecks(file: CanonicalFile): VectorCheck[] {
  return [
    ...file.cases.map((vector) => ({
      name: vector.name,
      run: () => {
        const bytes = utf8Encode(canonicalJson(JSON.parse(vector.input_json)));
        assert.equal(hexEncode(bytes), vector.output_hex);
        assert.equal(hexEncode(sha256(bytes)), vector.sha256);
      },
    })),
    ...file.error_cases.map((vector) => ({
      name: `throws: ${vector.name}`,
      run: () => assert.throws(() => canonicalJson(JSON.parse(vector.input_json))),
    })),
    ...file.native_error_cases.map(({ name }) => ({
      name: `throws: ${name}`,
      run: () => {
        assert.ok(name in nativeValues, `unknown native case ${name}`);
        assert.throws(() => canonicalJson(nativeValues[name]));
      },
    })),
  ];
}
