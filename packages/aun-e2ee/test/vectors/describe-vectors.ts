import { describe, it } from 'vitest';
import type { VectorCheck } from './check.js';

/** Every check of a vector section as one test. */
export function describeVectors(section: string, checks: readonly VectorCheck[]): void {
  describe(section, () => {
    for (const check of checks) it(check.name, () => check.run());
  });
}
