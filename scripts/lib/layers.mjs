import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fromRoot, root } from './paths.mjs';
import { StepError } from './step.mjs';

/** What each package may import, bottom up (ARCHITECTURE.md). Tests may reach for more, sources may not. */
const allowed = {
  'aun-core': [],
  'aun-crypto': ['aun-core'],
  'aun-pki': ['aun-core', 'aun-crypto'],
  'aun-e2ee': ['aun-core', 'aun-crypto'],
  'aun-transport': ['aun-core'],
  'aun-agentmd': ['aun-core', 'aun-crypto', 'aun-pki'],
  'aun-keystore-fs': ['aun-core', 'aun-crypto', 'aun-pki'],
  'aun-keystore-idb': ['aun-core', 'aun-crypto', 'aun-pki'],
  'aun-client': [
    'aun-core',
    'aun-crypto',
    'aun-pki',
    'aun-e2ee',
    'aun-agentmd',
    'aun-transport',
    'aun-keystore-fs',
    'aun-keystore-idb',
  ],
  'aun-gateway': ['aun-core', 'aun-crypto', 'aun-pki', 'aun-e2ee', 'aun-agentmd', 'aun-transport'],
};

/** Packages that also run in browsers: only files chosen by a package condition may touch Node. */
const isomorphic = new Set([
  'aun-core',
  'aun-crypto',
  'aun-pki',
  'aun-e2ee',
  'aun-agentmd',
  'aun-transport',
  'aun-keystore-idb',
  'aun-client',
]);
const nodeOnlyFile = /(^|[/.-])node([/.-]|$)|worker|pool/;

/** Statements at the beginning of a line, and dynamic imports; not programs quoted inside a text. */
const importPattern =
  /(?:^import\b[^'"\n]*|^export\b[^'"\n=]*\bfrom\s*|^\}\s*from\s*|\bimport\(\s*)['"]([^'"]+)['"]/gm;

/** @throws {StepError} listing every import that breaks the layer rule */
export function checkLayers() {
  const problems = [];
  for (const name of readdirSync(fromRoot('packages'))) {
    if (allowed[name] === undefined)
      problems.push(`packages/${name}: not in the layer table of scripts/lib/layers.mjs`);
    else problems.push(...checkPackage(name));
  }
  for (const folder of ['apps', 'tests', 'bench']) problems.push(...checkConsumers(folder));
  if (problems.length > 0) throw new StepError(`✗ layers\n${problems.map((line) => `  ${line}`).join('\n')}`);
}

function checkPackage(name) {
  const base = fromRoot('packages', name);
  const manifest = JSON.parse(readFileSync(join(base, 'package.json'), 'utf8'));
  const problems = Object.keys(manifest.dependencies ?? {})
    .filter((dependency) => dependency.startsWith('aun-') && !allowed[name].includes(dependency))
    .map((dependency) => `packages/${name}/package.json: ${name} may not depend on ${dependency}`);
  for (const { file, specifier } of imports(join(base, 'src'))) {
    const where = relative(root, file);
    const target = /^aun-[a-z0-9]+(-[a-z0-9]+)*/.exec(specifier)?.[0];
    if (target !== undefined && target !== name && !allowed[name].includes(target)) {
      problems.push(`${where}: ${name} may not import ${target}`);
    }
    if (specifier.startsWith('.') && !ownFile(base, join(file, '..', specifier))) {
      problems.push(`${where}: "${specifier}" leaves the package's src`);
    }
    if (
      isomorphic.has(name) &&
      specifier.startsWith('node:') &&
      !nodeOnlyFile.test(relative(join(base, 'src'), file))
    ) {
      problems.push(`${where}: ${name} runs in browsers and may not import ${specifier}`);
    }
  }
  problems.push(...insideAnother(join(base, 'src')));
  return problems;
}

/** Sources of the package, and its manifest, from which it takes its version. */
function ownFile(base, path) {
  return path.startsWith(join(base, 'src')) || path === join(base, 'package.json');
}

/** Apps, tests and benches use packages as a stranger would: through their public entries. */
function checkConsumers(folder) {
  try {
    return insideAnother(fromRoot(folder));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

function insideAnother(folder) {
  return imports(folder)
    .filter(({ specifier }) => /(^|\/)aun-[a-z-]+\/(src|dist)(\/|$)/.test(specifier))
    .map(({ file, specifier }) => `${relative(root, file)}: "${specifier}" reaches into another package`);
}

function imports(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mts|tsx|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => !/[/\\](node_modules|dist)[/\\]/.test(file))
    .flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(importPattern)].map(([, specifier = '']) => ({
        file,
        specifier,
      })),
    );
}
