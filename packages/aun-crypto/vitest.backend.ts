import { fileURLToPath } from 'node:url';
import { tests } from '../../vitest.base.js';

/** The same test files run once per backend: `vitest.config.ts` and `vitest.noble.config.ts`. */
export const backendTests = (backend: 'node' | 'noble') =>
  tests({
    name: `aun-crypto (${backend})`,
    env: { AUN_BACKEND: backend },
    alias: { '#backend': fileURLToPath(new URL(`./src/backend/${backend}.ts`, import.meta.url)) },
  });
