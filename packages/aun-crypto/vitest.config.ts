import { fileURLToPath } from 'node:url';
import { tests } from '../../vitest.base.js';

/** The same test files run once per backend. */
const backend = (name: 'node' | 'noble') => ({
  extends: true as const,
  resolve: {
    alias: { '#backend': fileURLToPath(new URL(`./src/backend/${name}.ts`, import.meta.url)) },
  },
  test: { name, env: { AUN_BACKEND: name } },
});

export default tests({ projects: [backend('node'), backend('noble')] });
