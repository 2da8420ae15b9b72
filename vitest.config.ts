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
    // One more than a small machine has cores: many tests wait for processes and timers.
    maxWorkers: 3,
  },
});
