import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fromRoot } from './paths.mjs';
import { step } from './step.mjs';

const stampFile = fromRoot('node_modules/.aun-install');

/** Installs from the frozen lockfile, only when something that decides the outcome has changed since the last time. */
export async function ensureInstalled() {
  const stamp = currentStamp();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  const { packageManager } = JSON.parse(readFileSync(fromRoot('package.json'), 'utf8'));
  await step('install dependencies', 'npx', [
    '--yes',
    packageManager,
    'install',
    '--frozen-lockfile',
    '--prefer-offline',
  ]);
  writeFileSync(stampFile, stamp);
}

function currentStamp() {
  const hash = createHash('sha256').update(`${process.version} ${process.platform} ${process.arch}\n`);
  for (const file of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', ...workspaceManifests()]) {
    hash.update(`${file}\n`).update(readFileSync(fromRoot(file)));
  }
  return hash.digest('hex');
}

export function workspaceManifests() {
  const nested = ['packages', 'apps', 'tests'].flatMap((folder) =>
    existsSync(fromRoot(folder)) ? readdirSync(fromRoot(folder)).map((name) => `${folder}/${name}`) : [],
  );
  return [...nested, 'bench']
    .map((folder) => `${folder}/package.json`)
    .filter((file) => existsSync(fromRoot(file)))
    .sort();
}
