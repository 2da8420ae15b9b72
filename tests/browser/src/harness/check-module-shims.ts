import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

const resolveDir = fileURLToPath(new URL('.', import.meta.url));

/** What the packages' vector checks use of Node, in words that a browser understands. */
const shims: Readonly<Record<string, string>> = {
  'node:assert/strict': "import assert from 'assert/'; export default assert.strict;",
  'node:fs': "export const readFileSync = () => { throw new Error('a page has no files'); };",
};

/**
 * Lets the vector checks of `packages/NAME/test` run in a page. Only they get a stand-in for Node's modules: an import
 * from anywhere else does not resolve, as it would not for an application.
 */
export const checkModuleShims: Plugin = {
  name: 'check-module-shims',
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path, importer }) => {
      const fromCheck = /[/\\]packages[/\\][^/\\]+[/\\]test[/\\]/.test(importer);
      return fromCheck && path in shims ? { path, namespace: 'shim' } : undefined;
    });
    build.onLoad({ filter: /^/, namespace: 'shim' }, ({ path }) => ({
      contents: shims[path] ?? '',
      resolveDir,
    }));
  },
};
