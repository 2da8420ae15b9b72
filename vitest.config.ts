import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: ['packages/*', 'tests/e2e', 'tests/browser', 'tests/readme'],
    // Two cores: more processes would only wait for each other.
    maxWorkers: 2,
  },
});
