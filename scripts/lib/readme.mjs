import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { capture } from './step.mjs';

/** Programs of a README: every fence marked `ts`. */
export function readmePrograms(file) {
  return [...readFileSync(file, 'utf8').matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
    ([, source = '']) => source,
  );
}

/** What the README promises: the comment behind a `console.log(...)` line is what that line prints. */
export function promisedOutput(source) {
  return [...source.matchAll(/^\s*console\.log\(.*\);\s*\/\/ (.+)$/gm)].map(([, text = '']) => text.trim());
}

/** Packages that a program imports, ours and others, without what belongs to Node. */
export function importedPackages(source) {
  const specifiers = [...source.matchAll(/^import (?:.* from )?'((?:@[^/']+\/)?[^@./'][^/']*)/gm)];
  return [...new Set(specifiers.map(([, name = '']) => name))].filter((name) => !name.startsWith('node:'));
}

/**
 * Runs a program as if it stood in `folder`, so that its imports resolve from there. Returns the reasons why it does
 * not do what it promises; none when it does.
 */
export async function runProgram(source, folder) {
  const { code, output } = await capture('node', ['--input-type=module', '--eval', source], { cwd: folder });
  if (code !== 0) return [`${basename(folder)}: exit code ${code}\n${output}`];
  const lines = output.split('\n').map((line) => line.trim());
  const missing = [];
  for (const promised of promisedOutput(source)) {
    const at = lines.indexOf(promised);
    if (at < 0) missing.push(`${basename(folder)}: promised "${promised}", printed:\n${output}`);
    else lines.splice(0, at + 1);
  }
  return missing;
}
