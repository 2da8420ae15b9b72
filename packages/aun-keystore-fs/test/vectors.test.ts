import { readFileSync } from 'node:fs';
import * as core from 'aun-core';
import { describe, expect, it } from 'vitest';
import * as keystore from '../src/index.js';
import { browserSections, keystoreMaterial, keystoreSections } from './vector-checks/index.js';

const file = JSON.parse(readFileSync(new URL('./vectors/keystore.json', import.meta.url), 'utf8')) as Record<
  string,
  unknown
>;

describe('known answers of keystore.json (08)', () => {
  for (const [name, check] of Object.entries(keystoreSections)) {
    it(`agrees with section ${name}`, async () => {
      const outcomes = await check(file[name], { keystore, core }, file);
      expect(outcomes.length).toBeGreaterThan(0);
      expect(outcomes.filter((outcome) => outcome.failure !== null)).toEqual([]);
    });
  }

  it('knows every section of the file', () => {
    const known = new Set([...Object.keys(keystoreSections), ...keystoreMaterial, ...browserSections]);
    expect(Object.keys(file).filter((name) => !known.has(name))).toEqual([]);
  });
});
