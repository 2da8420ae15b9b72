/** Size of `aun-e2ee` with everything it needs, as a browser downloads it: one minified bundle, gzip. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'tsup';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));

async function sizeOf(entry) {
  const outDir = await mkdtemp(join(tmpdir(), 'aun-e2ee-size-'));
  try {
    await build({
      ...{ config: false, entry: { bundle: join(dist, entry) }, outDir, format: 'esm', platform: 'browser' },
      ...{ minify: true, silent: true, splitting: false, noExternal: [/.*/] },
      esbuildOptions: (options) => {
        options.conditions = ['browser', 'import', 'default'];
      },
    });
    const code = await readFile(join(outDir, 'bundle.js'));
    return { raw: code.length, gzip: gzipSync(code, { level: 9 }).length };
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
}

for (const entry of ['index.js', 'validate.js']) {
  const { raw, gzip } = await sizeOf(entry);
  console.log(
    `${entry.padEnd(12)} ${(raw / 1024).toFixed(1)} KiB minified, ${(gzip / 1024).toFixed(1)} KiB gzip`,
  );
}
