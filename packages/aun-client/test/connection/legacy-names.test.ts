import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CONNECTION_STATES, legacyStateName } from '../../src/connection/states.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

describe('names that listeners of the 0.3 SDKs compare with', () => {
  it.each(CONNECTION_STATES)('%s: as the table of the README says', (state) => {
    const row = readme.split('\n').find((line) => line.startsWith(`| ${state} `));
    expect(row?.split('|')[2]?.trim()).toBe(legacyStateName(state));
  });
});
