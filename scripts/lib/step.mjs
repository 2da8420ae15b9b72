import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { fromRoot, root } from './paths.mjs';

/** A step failed; the message is all a person needs to see. */
export class StepError extends Error {}

const environment = {
  ...process.env,
  // turbo calls `pnpm` by name; the pinned one is a development dependency.
  PATH: `${fromRoot('node_modules/.bin')}${delimiter}${process.env.PATH ?? ''}`,
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
  npm_config_update_notifier: 'false',
  npm_config_loglevel: 'error',
};

/** Runs a program in the foreground, sharing this terminal. Resolves with its exit code. */
export function exec(program, args, options = {}) {
  const child = spawn(program, args, {
    cwd: options.cwd ?? root,
    stdio: 'inherit',
    env: { ...environment, ...options.env },
    shell: process.platform === 'win32',
  });
  // The terminal delivers Ctrl-C to the child as well; it decides when to end.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  const forward = () => child.kill('SIGTERM');
  process.on('SIGTERM', forward);
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new StepError(`cannot start ${program}: ${error.message}`)));
    child.on('exit', (code) => {
      process.off('SIGINT', ignore);
      process.off('SIGTERM', forward);
      resolve(code ?? 1);
    });
  });
}

/** Runs a program silently. Says in one line what it did and how long it took; shows its output only on failure. */
export async function step(title, program, args, options = {}) {
  const started = performance.now();
  const { code, output } = await capture(program, args, options);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (code !== 0) {
    process.stderr.write(output);
    throw new StepError(`✗ ${title} failed after ${seconds} s (exit code ${code})`);
  }
  if (options.quietBelow === undefined || Number(seconds) >= options.quietBelow) {
    console.error(`✓ ${title} (${seconds} s)`);
  }
  return output;
}

export function capture(program, args, options = {}) {
  const child = spawn(program, args, {
    cwd: options.cwd ?? root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment, ...options.env },
    shell: process.platform === 'win32',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(new StepError(`cannot start ${program}: ${error.message}`)));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

const turboArguments = ['--output-logs=errors-only', '--log-order=grouped', '--concurrency=2'];

/** Builds one workspace package with all it depends on, or everything; unchanged packages come from turbo's cache. */
export async function build(target) {
  const filter = target === undefined ? [] : [`--filter=${target}...`];
  await step(`build ${target ?? 'all packages'}`, 'turbo', ['run', 'build', ...filter, ...turboArguments]);
}

/** Runs a turbo task over all packages. */
export function turbo(title, ...tasks) {
  return step(title, 'turbo', ['run', ...tasks, ...turboArguments]);
}
