import { describe, expect, it } from 'vitest';
import { hexOf, platformRandomBytes } from '../src/rpc/random-id.js';

describe('random ids', () => {
  it('do not repeat, also where the pool of random bytes is filled again', () => {
    const ids = new Set(Array.from({ length: 10_000 }, () => hexOf(platformRandomBytes(8))));
    expect(ids.size).toBe(10_000);
    expect([...ids].every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
  });

  it('are handed out as copies', () => {
    const first = platformRandomBytes(8);
    const before = hexOf(first);
    platformRandomBytes(8).fill(0);
    expect(hexOf(first)).toBe(before);
  });

  it('are no source of large amounts', () => {
    expect(() => platformRandomBytes(2_049)).toThrow(RangeError);
  });
});
