import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bundleEntry } from '../src/harness/bundle.js';

const packages = [
  'aun-core',
  'aun-crypto',
  'aun-pki',
  'aun-e2ee',
  'aun-agentmd',
  'aun-transport',
  'aun-keystore-idb',
  'aun-client',
];

type Conditions = { readonly [condition: string]: string | Conditions };

interface Manifest {
  readonly exports: { readonly [subpath: string]: string | Conditions };
  readonly imports?: { readonly [name: string]: Conditions };
}

const manifestOf = (name: string): Manifest =>
  JSON.parse(readFileSync(new URL(`../../../packages/${name}/package.json`, import.meta.url), 'utf8'));

/** What a condition chooses; `default` stands for every condition. */
function chosen(target: string | Conditions | undefined, condition: string): string | undefined {
  if (target === undefined || typeof target === 'string') return target;
  return chosen(target[condition] ?? target.default, condition);
}

const entries = packages.flatMap((name) =>
  Object.entries(manifestOf(name).exports)
    .filter(([subpath]) => subpath !== './package.json')
    .map(([subpath, target]) => ({ specifier: `${name}${subpath.slice(1)}`, target })),
);
const forBrowsers = entries.filter(({ target }) => chosen(target, 'browser') !== undefined);
const onlyNode = entries.filter(({ target }) => chosen(target, 'browser') === undefined);

/** Files below the repository that only Node's condition chooses, with their package's folder. */
const nodeFiles = packages.flatMap((name) => {
  const { exports, imports = {} } = manifestOf(name);
  return Object.values({ ...exports, ...imports })
    .map((target) => [chosen(target, 'node'), chosen(target, 'browser')])
    .filter(([node, browser]) => node !== undefined && node !== browser)
    .map(([node = '']) => `${name}/${node.slice(2)}`);
});

describe('bundles for browsers', () => {
  it('are made of the entries that exist there, and there are files to keep out', () => {
    expect(forBrowsers.map(({ specifier }) => specifier)).toEqual(expect.arrayContaining(packages));
    expect(nodeFiles).toEqual(
      expect.arrayContaining(['aun-crypto/dist/backend/node.js', 'aun-transport/dist/platform-socket-ws.js']),
    );
  });

  it.each(forBrowsers)(
    '$specifier is made of built files and brings nothing of Node',
    async ({ specifier }) => {
      const { metafile } = await bundleEntry(specifier);
      const inputs = Object.keys(metafile.inputs);
      const outside = Object.values(metafile.outputs).flatMap(({ imports }) =>
        imports.map(({ path }) => path),
      );
      expect(outside).toEqual([]);
      expect(inputs.filter((input) => nodeFiles.some((file) => input.endsWith(file)))).toEqual([]);
      const forNode = /(?:node_modules\/(?:ws|undici|libsql|@libsql)\/|\/aun-keystore-fs\/)/;
      expect(inputs.filter((input) => forNode.test(`/${input}`))).toEqual([]);
      const own = inputs.filter((input) => /\/packages\/aun-/.test(`/${input}`));
      expect(own.length).toBeGreaterThan(0);
      expect(own.filter((input) => !/\/packages\/aun-[a-z0-9-]+\/dist\//.test(`/${input}`))).toEqual([]);
    },
  );

  it.each(onlyNode)('$specifier does not exist there', async ({ specifier }) => {
    await expect(bundleEntry(specifier)).rejects.toThrow(/Could not resolve/);
  });

  it('take the promised face of the client from its bare name and from its subpath', async () => {
    for (const specifier of ['aun-client', 'aun-client/browser']) {
      const inputs = Object.keys((await bundleEntry(specifier)).metafile.inputs).join();
      expect(inputs).toContain('aun-client/dist/browser.js');
      expect(inputs).toContain('aun-keystore-idb/dist/index.js');
      expect(inputs).not.toContain('aun-client/dist/index.js');
    }
  });

  it('compute with noble and speak through the native WebSocket and fetch', async () => {
    const crypto = await bundleEntry('aun-crypto');
    expect(Object.keys(crypto.metafile.inputs).join()).toMatch(/aun-crypto\/dist\/backend\/noble\.js/);
    const transport = await bundleEntry('aun-transport');
    const inputs = Object.keys(transport.metafile.inputs).join();
    for (const name of ['http-fetch', 'socket-native', 'wake-up-dom'])
      expect(inputs).toContain(`platform-${name}.js`);
  });
});
