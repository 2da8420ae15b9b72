import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

const packages = fileURLToPath(new URL('../../../../packages/', import.meta.url));
const workspace = fileURLToPath(new URL('../../', import.meta.url));

/**
 * `readme:NAME` is the program for browsers in the README of a package: its first fence marked `js`. Programs for Node
 * are marked `ts` and run elsewhere.
 */
export const readmeModules: Plugin = {
  name: 'readme-modules',
  setup(build) {
    build.onResolve({ filter: /^readme:/ }, ({ path }) => ({
      path: path.slice('readme:'.length),
      namespace: 'readme',
    }));
    build.onLoad({ filter: /^/, namespace: 'readme' }, ({ path }) => {
      const text = readFileSync(`${packages}${path}/README.md`, 'utf8');
      const program = /^```js\n([\s\S]*?)^```$/m.exec(text)?.[1];
      return program === undefined
        ? { errors: [{ text: `the README of ${path} has no program for browsers` }] }
        : { contents: program, resolveDir: workspace };
    });
  },
};
