import { defineConfig, type ViteUserConfig } from 'vitest/config';

const soaking = process.env.AUN_SOAK === '1';

/** Defaults shared by every package's tests; a soak run multiplies counts inside the tests, here only their time. */
export const tests = (test: NonNullable<ViteUserConfig['test']> = {}) =>
  defineConfig({
    test: {
      include: ['test/**/*.test.ts'],
      environment: 'node',
      pool: 'forks',
      // The files of a worker share one copy of the modules, which takes a minute off the whole run.
      isolate: false,
      testTimeout: soaking ? 1_800_000 : 20_000,
      hookTimeout: 30_000,
      passWithNoTests: false,
      ...test,
    },
  });
