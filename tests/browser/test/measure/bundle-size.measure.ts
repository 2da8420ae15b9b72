import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { bundleEntry } from '../../src/harness/bundle.js';

const entries = [
  'aun-core',
  'aun-crypto',
  'aun-pki',
  'aun-e2ee',
  'aun-e2ee/validate',
  'aun-agentmd',
  'aun-transport',
  'aun-keystore-idb',
  'aun-client',
];

it('bundles for browsers, with everything they depend on', async () => {
  const rows: Record<string, { 'minified, kB': number; 'gzip, kB': number }> = {};
  for (const entry of entries) {
    const { code } = await bundleEntry(entry, { minify: true });
    const kB = (bytes: number) => Math.round(bytes / 100) / 10;
    rows[entry] = { 'minified, kB': kB(Buffer.byteLength(code)), 'gzip, kB': kB(gzipSync(code).length) };
  }
  console.table(rows);
  expect(Object.keys(rows)).toEqual(entries);
});
