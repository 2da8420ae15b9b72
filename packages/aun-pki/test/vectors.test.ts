import { describe, expect, it } from 'vitest';
import * as api from '../src/index.js';
import { vectorChecks } from './vector-checks.js';
import file from './vectors/auth.json' with { type: 'json' };

describe.each(Object.keys(vectorChecks))('vectors of auth.json: %s', (name) => {
  const vectors = file.vectors.filter((vector) => vector.name === name);

  it('are present', () => {
    expect(vectors.length).toBeGreaterThan(0);
  });

  it.each(vectors.map((vector, index) => [index, vector] as const))(
    'holds for number %i',
    (_index, vector) => {
      vectorChecks[name]?.(api, vector, file);
    },
  );
});
