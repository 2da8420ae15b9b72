import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // `aun-crypto` runs once per backend.
    projects: [
      'packages/*',
      'packages/aun-crypto/vitest.noble.config.ts',
      'tests/*/vitest.config.ts',
      'bench',
    ],
    // Two cores: more processes would only wait for each other.
    maxWorkers: 3,
  },
});
