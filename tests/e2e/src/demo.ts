import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Program, type ProgramOptions } from './program.js';
import type { Scope } from './scope.js';

const require = createRequire(import.meta.url);
const main = join(dirname(require.resolve('aun-demo/package.json')), 'dist/main.js');

/** The built demo in a temporary folder of its own: whatever it leaves behind is found there. */
export const startDemo = async (scope: Scope, args: readonly string[] = [], options: ProgramOptions = {}) => {
  const folder = await scope.folder('aun-e2e-demo-');
  return { folder, demo: new Program(scope, [main, ...args], { ...options, env: { TMPDIR: folder } }) };
};

/** The texts that the demo says it carried from alice to bobby, in order. */
export const carried = (stdout: string): string[] =>
  [...stdout.matchAll(/alice -> bobby {2}"(.*)"/g)].map(([, text]) => text ?? '');

/** A sentence for people: no stack trace, and not a wall of text. */
export const isSentence = (stderr: string): boolean =>
  stderr.trim() !== '' && !/^\s+at |node:internal/m.test(stderr) && stderr.trim().split('\n').length <= 3;
