#!/usr/bin/env node
// Entry of every root script. Needs nothing but Node and npm: sets up the pinned pnpm, installs, builds, then acts.
import { ensureInstalled } from './lib/install.mjs';
import { refuseOldNode } from './lib/node-version.mjs';
import { build, exec, StepError, turbo } from './lib/step.mjs';
import { releaseDry } from './release-dry.mjs';
import { lint, test } from './test.mjs';

const commands = {
  demo: async (args) => {
    await build('aun-demo');
    return exec('node', ['apps/demo/dist/main.js', ...args]);
  },
  gateway: async (args) => {
    await build('aun-gateway');
    return exec('node', ['packages/aun-gateway/dist/cli.js', 'dev', ...args]);
  },
  build: async () => {
    await build();
    await turbo('declare types', 'types');
  },
  lint,
  test: (args) => test(args),
  soak: (args) => test(args, { soak: true }),
  bench: async (args) => {
    await build('aun-bench');
    return exec('node', ['bench/dist/run.js', ...args]);
  },
  vectors: async (args) => {
    await build('aun-vectors');
    return exec('node', ['tests/vectors/dist/run.js', ...args]);
  },
  'release-dry': releaseDry,
};

const [name = '', ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  console.error(`unknown script "${name}"; one of: ${Object.keys(commands).join(', ')}`);
  process.exit(2);
}

try {
  refuseOldNode();
  await ensureInstalled();
  process.exitCode = (await command(args)) ?? 0;
} catch (error) {
  if (!(error instanceof StepError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
