import { describe, expect, it } from 'vitest';
import * as api from '../src/index.js';
import { casesOf, vectorChecks } from './vector-checks.js';
import file from './vectors/agentmd.json' with { type: 'json' };

describe.each(Object.keys(vectorChecks))('vectors of agentmd.json: %s', (section) => {
  const cases = casesOf(file, section);

  it('are present', () => {
    expect(cases.length).toBeGreaterThan(0);
  });

  it.each(cases.map((vector, index) => [vector.id ?? index, vector]))('holds for %s', (_id, vector) => {
    vectorChecks[section]?.(api, vector, file);
  });
});
