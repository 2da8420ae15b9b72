import { CanonicalJsonError, canonicalJson } from 'aun-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { p2pAadText } from '../src/aad-text.js';

const text = fc.string({ unit: 'binary', maxLength: 12 });
const aad = fc.record({
  from: text,
  from_device: text,
  to: text,
  message_id: text,
  timestamp: fc.maxSafeNat(),
  suite: text,
  wrap_protocol: fc.constantFrom('1DH', '3DH', '1DH+3DH'),
});

describe('the AAD of a P2P message', () => {
  it('is written as canonical JSON', () => {
    const runs = process.env.AUN_SOAK === '1' ? 20_000 : 1_000;
    fc.assert(
      fc.property(aad, (value) => {
        expect(p2pAadText(value)).toBe(canonicalJson(value));
      }),
      { numRuns: runs },
    );
  });

  it('is refused by the name of the member that is no text', () => {
    const broken = { from: 'a', from_device: undefined, to: 'b', message_id: 'm', timestamp: 1 };
    expect(() => p2pAadText(broken as never)).toThrow(CanonicalJsonError);
    expect(() => p2pAadText(broken as never)).toThrow(/from_device/);
  });
});
