import { fileURLToPath } from 'node:url';
import { type BuildOptions, type BuildResult, build, type Metafile } from 'esbuild';
import { checkModuleShims } from './check-module-shims.js';
import { readmeModules } from './readme-modules.js';

const workspace = fileURLToPath(new URL('../../', import.meta.url));

/** As an application for browsers would bundle; the settings of this repository do not count. */
const forBrowsers = {
  absWorkingDir: workspace,
  bundle: true,
  conditions: ['browser'],
  platform: 'browser',
  format: 'esm',
  target: 'es2022',
  metafile: true,
  write: false,
  logLevel: 'silent',
  tsconfigRaw: '{}',
} as const satisfies BuildOptions;

export interface Bundle {
  readonly code: string;
  readonly metafile: Metafile;
}

/**
 * A package entry alone, such as `aun-pki/issue`. Imports of Node's modules stay in it and show in the metafile.
 *
 * @throws esbuild's BuildFailure when the entry does not exist for browsers
 */
export async function bundleEntry(specifier: string, options: { minify?: boolean } = {}): Promise<Bundle> {
  return toBundle(
    await build({
      ...forBrowsers,
      ...options,
      external: ['node:*'],
      stdin: { contents: `export * from '${specifier}';`, resolveDir: workspace },
    }),
  );
}

/** A module of `src/pages`. */
export async function bundlePage(name: string): Promise<Bundle> {
  return toBundle(
    await build({
      ...forBrowsers,
      entryPoints: [`src/pages/${name}.ts`],
      sourcemap: 'inline',
      plugins: [checkModuleShims, readmeModules],
      // The npm package `assert` looks at these two; a whole `process` would make a page look like Node.
      define: { 'process.env.NODE_DEBUG': 'undefined', 'process.stderr': 'undefined' },
    }),
  );
}

function toBundle(result: BuildResult<{ metafile: true; write: false }>): Bundle {
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error('esbuild made no file');
  return { code: file.text, metafile: result.metafile };
}
