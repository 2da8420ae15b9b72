import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fromRoot } from './lib/paths.mjs';
import { importedPackages, readmePrograms, runProgram } from './lib/readme.mjs';
import { capture, StepError, step } from './lib/step.mjs';

/**
 * A release without publishing: bumps versions and writes changelogs in a copy of the tree, packs every package, and
 * installs each tarball alone into an empty project, where its README's programs must run. What arrives there is
 * what a user gets: one layer means one layer.
 */
export async function releaseDry() {
  const scratch = mkdtempSync(join(tmpdir(), 'aun-release-'));
  try {
    const copy = await copyTree(join(scratch, 'tree'));
    const before = versions(copy);
    await step('bump versions, write changelogs', 'changeset', ['version'], { cwd: copy });
    printBumps(before, versions(copy));
    await step('install', 'pnpm', ['install', '--offline', '--no-frozen-lockfile'], { cwd: copy });
    await step('build', 'turbo', ['run', 'types', '--filter=./packages/*', '--output-logs=errors-only'], {
      cwd: copy,
    });
    const tarballs = await packAll(copy, join(scratch, 'tarballs'));
    for (const name of tarballs.keys()) await tryAlone(name, tarballs, copy, join(scratch, 'projects', name));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  console.log('release dry run: every package installs alone and runs its README');
  return 0;
}

async function copyTree(target) {
  const { output } = await capture('git', ['ls-files', '--cached', '--others', '--exclude-standard']);
  for (const file of output.split('\n').filter((line) => line !== '' && existsSync(fromRoot(line)))) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    cpSync(fromRoot(file), join(target, file));
  }
  // changesets asks git for the commit that added each change.
  await step('copy the tree', 'git', ['init', '-q', '-b', 'main'], { cwd: target });
  await capture('git', ['add', '.'], { cwd: target });
  await capture(
    'git',
    ['-c', 'user.name=dry', '-c', 'user.email=dry@localhost', 'commit', '-qm', 'dry run'],
    {
      cwd: target,
    },
  );
  return target;
}

function manifests(tree) {
  return readdirSync(join(tree, 'packages')).map((name) =>
    JSON.parse(readFileSync(join(tree, 'packages', name, 'package.json'), 'utf8')),
  );
}

function versions(tree) {
  return new Map(manifests(tree).map(({ name, version }) => [name, version]));
}

function printBumps(before, after) {
  for (const [name, version] of after) {
    const old = before.get(name);
    console.log(old === version ? `  ${name} ${version} (unchanged)` : `  ${name} ${old} -> ${version}`);
  }
}

async function packAll(tree, target) {
  mkdirSync(target, { recursive: true });
  const tarballs = new Map();
  for (const { name, version } of manifests(tree)) {
    await step(`pack ${name}@${version}`, 'pnpm', ['pack', '--pack-destination', target], {
      cwd: join(tree, 'packages', name),
      quietBelow: 30,
    });
    tarballs.set(name, join(target, `${name}-${version}.tgz`));
  }
  return tarballs;
}

/** Installs one package into an empty project and runs its README there. */
async function tryAlone(name, tarballs, tree, project) {
  const programs = readmePrograms(join(tree, 'packages', name, 'README.md'));
  if (programs.length === 0) throw new StepError(`✗ packages/${name}/README.md has no program`);
  mkdirSync(project, { recursive: true });
  await install(project, [name], tarballs);
  const wanted = closure(tree, [name]);
  const arrived = readdirSync(join(project, 'node_modules')).filter((entry) => entry.startsWith('aun-'));
  if (arrived.sort().join() !== wanted.sort().join()) {
    throw new StepError(`✗ installing ${name} brings ${arrived.join(', ')}; expected ${wanted.join(', ')}`);
  }

  const companions = programs.flatMap(importedPackages).filter((other) => !wanted.includes(other));
  const others = companions.filter((other) => !tarballs.has(other));
  if (companions.length > 0) {
    await install(
      project,
      [name, ...companions.filter((other) => tarballs.has(other))],
      tarballs,
      pinned(tree, name, others),
    );
  }
  for (const program of programs) {
    const problems = await runProgram(program, project);
    if (problems.length > 0) throw new StepError(`✗ README of ${name}\n${problems.join('\n')}`);
  }
  console.error(
    `✓ ${name} alone: ${wanted.length} package${wanted.length === 1 ? '' : 's'} of ours, README runs`,
  );
}

/** Versions of other people's packages with which a package is developed. */
function pinned(tree, name, others) {
  const { devDependencies = {} } = manifests(tree).find((manifest) => manifest.name === name);
  return Object.fromEntries(others.map((other) => [other, devDependencies[other] ?? '*']));
}

function install(project, names, tarballs, more = {}) {
  const local = Object.fromEntries([...tarballs].map(([name, file]) => [name, `file:${file}`]));
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({
      private: true,
      type: 'module',
      dependencies: { ...more, ...Object.fromEntries(names.map((name) => [name, local[name]])) },
      // Unpublished versions: dependencies between our packages must come from the tarballs as well.
      overrides: Object.fromEntries(Object.entries(local).filter(([name]) => !names.includes(name))),
    }),
  );
  const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];
  return step(`npm install ${names.join(' ')}`, 'npm', ['install', ...flags], {
    cwd: project,
    quietBelow: 30,
  });
}

/** The package and all it depends on, ours only. */
function closure(tree, names) {
  const all = new Map(manifests(tree).map((manifest) => [manifest.name, manifest]));
  const found = new Set(names);
  for (const name of found) {
    for (const dependency of Object.keys(all.get(name)?.dependencies ?? {})) {
      if (all.has(dependency)) found.add(dependency);
    }
  }
  return [...found];
}
