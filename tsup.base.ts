import { defineConfig, type Options } from 'tsup';

/** One build recipe for every package: ESM, declarations, source maps, nothing minified. */
export const library = (entry: Record<string, string>, options: Options = {}) =>
  defineConfig({
    entry,
    format: ['esm'],
    target: 'es2022',
    platform: 'neutral',
    sourcemap: true,
    splitting: true,
    treeshake: true,
    clean: true,
    removeNodeProtocol: false,
    ...options,
    external: [/^node:/, /^#/, ...(options.external ?? [])],
  });
