import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as api from '../src/index.js';
import { idbSections } from './vector-checks.js';

const file = JSON.parse(readFileSync(new URL('./vectors/keystore.json', import.meta.url), 'utf8')) as Record<
  string,
  unknown
>;

describe('known answers of keystore.json (08 §10)', () => {
  it.each(Object.entries(idbSections))('agrees with section %s', async (name, check) => {
    const outcomes = await check(file[name], api);
    expect(outcomes.length).toBeGreaterThan(0);
    expect(outcomes.filter((outcome) => outcome.failure !== null)).toEqual([]);
  });
});
