import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  convertToGroupAid,
  isDeviceId,
  parseAid,
  parseExactAid,
  slotIsolationKey,
  splitAid,
  splitGroupId,
  ValidationError,
  validateAIDFormat,
  validateAidName,
  validateGroupAIDFormat,
  validateSlotId,
} from '../src/index.js';
import { authVectors, readVectors } from './vectors.js';

function outcome(run: () => string): { valid: boolean; normalized?: string } {
  try {
    return { valid: true, normalized: run() };
  } catch (error) {
    expect(error).toBeInstanceOf(ValidationError);
    return { valid: false };
  }
}

describe('AID names (01 §1.1)', () => {
  it.each(authVectors('validate_aid'))('strict check of $inputs.aid', ({ inputs, expected }) => {
    const got = outcome(() => validateAIDFormat(inputs.aid));
    expect(got.valid).toBe(expected.valid);
    if (expected.valid) expect(got.normalized).toBe(expected.normalized);
  });

  it.each(authVectors('validate_aid_name_for_register'))(
    'name-only check of $inputs.aid',
    ({ inputs, expected }) => {
      expect(outcome(() => validateAidName(inputs.aid)).valid).toBe(expected.valid);
    },
  );

  it('names the parameter and the broken rule', () => {
    expect(() => validateAIDFormat('bob.example.test', 'to')).toThrow(
      /^to: invalid AID: the name in "bob.example.test"/,
    );
  });

  it('refuses upper case where the exact text matters', () => {
    expect(parseExactAid('Alice.example.test')).toMatchObject({
      ok: false,
      error: { code: 'INVALID_AID_FORMAT' },
    });
    expect(parseExactAid('alice.example.test')).toEqual({ ok: true, data: 'alice.example.test' });
  });

  it('never throws and is idempotent for any input', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.anything(), fc.string(), fc.stringMatching(/^[a-z0-9_-]{0,70}\.[a-z0-9._-]{0,20}$/)),
        (input) => {
          const parsed = parseAid(input);
          if (!parsed.ok) return;
          expect(parseAid(parsed.data)).toEqual(parsed);
          expect(splitAid(parsed.data).name.length).toBeGreaterThanOrEqual(4);
        },
      ),
    );
  });

  it('answers a long hostile issuer at once', () => {
    expect(parseAid(`alice.${'a.'.repeat(200_000)}!`).ok).toBe(false);
  });
});

describe('group names (01 §1.2, 03 §1.5)', () => {
  it.each(authVectors('validate_group_aid'))('group $inputs.group', ({ inputs, expected }) => {
    const options = inputs.local_issuer ? { localIssuer: String(inputs.local_issuer) } : {};
    const got = outcome(() => validateGroupAIDFormat(inputs.group, 'group_aid', options));
    expect(got.valid).toBe(expected.valid);
    expect(convertToGroupAid(String(inputs.group), options)).toBe(expected.converted);
    if (!expected.valid) return;
    expect(got.normalized).toBe(expected.normalized);
    expect(splitGroupId(String(inputs.group), options)).toEqual(expected.split);
  });

  const cases = readVectors<{
    group_id_normalisation: { input: string; output: string; local_issuer?: string }[];
  }>('e2ee-state.json').group_id_normalisation;
  it.each(cases)('normalises $input', ({ input, output, local_issuer }) => {
    expect(convertToGroupAid(input, local_issuer ? { localIssuer: local_issuer } : {})).toBe(output);
  });
});

describe('device and slot ids (01 §1.3)', () => {
  it.each(authVectors('device_id'))('device $inputs.device_id', ({ inputs, expected }) => {
    expect(isDeviceId(inputs.device_id)).toBe(expected.valid);
  });

  it.each(authVectors('slot_id'))('slot $inputs.slot_id', ({ inputs, expected }) => {
    const got = outcome(() => validateSlotId(inputs.slot_id));
    expect(got.valid).toBe(expected.valid);
    if (!expected.valid) return;
    expect(got.normalized).toBe(expected.normalized);
    expect(slotIsolationKey(got.normalized ?? '')).toBe(expected.isolation_key);
  });
});
