import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { checkLayers } from './lib/layers.mjs';
import { fromRoot } from './lib/paths.mjs';
import { build, exec, StepError, step, turbo } from './lib/step.mjs';

const report = fromRoot('node_modules/.cache/aun/vitest.json');

/** Format, lint and the layer rule. */
export async function lint() {
  await step('lint', 'biome', ['ci', '--error-on-warnings', '.']);
  checkLayers();
  console.error('✓ layers');
}

/** Everything that must hold: lint, types, published shape, vectors, unit, e2e and browser tests. */
export async function test(args, { soak = false } = {}) {
  const env = soak ? { AUN_SOAK: '1' } : {};
  await build();
  await lint();
  await turbo('type-check, publint', 'typecheck', 'publint');
  const vectors = await step('vectors', 'node', ['tests/vectors/dist/run.js']);
  console.error(`  ${vectors.trim().split('\n').at(-1)}`);

  rmSync(report, { force: true });
  mkdirSync(fromRoot('node_modules/.cache/aun'), { recursive: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await exec('vitest', ['run', ...reporters, ...args], { cwd: fromRoot(), env });
  return summarize(code);
}

function summarize(code) {
  let counts;
  try {
    counts = JSON.parse(readFileSync(report, 'utf8'));
  } catch (cause) {
    throw new StepError(`the tests wrote no report: ${cause.message}`);
  }
  const skipped = counts.numPendingTests + counts.numTodoTests;
  console.log(`tests: ${counts.numPassedTests} passed, ${counts.numFailedTests} failed, ${skipped} skipped`);
  return code;
}
