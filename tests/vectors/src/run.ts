import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kinds } from './kinds/index.js';
import type { VectorCase, VectorPlan } from './plan.js';

class UsageError extends Error {}

const root = resolve(fileURLToPath(import.meta.url), '../../../..');

/** `npm run vectors [-- FOLDER ...]`: exit code 1 on any failure and on anything not understood. */
async function main(folders: readonly string[]): Promise<number> {
  const base = process.env.INIT_CWD ?? process.cwd();
  const files = folders.length > 0 ? filesIn(folders.map((folder) => resolve(base, folder))) : ownCopies();
  const total = { passed: 0, failed: 0 };
  for (const file of files) {
    const count = await runFile(file);
    total.passed += count.passed;
    total.failed += count.failed;
  }
  if (files.length === 0) {
    console.error('no known-answer files (*.json) found');
    return 1;
  }
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed > 0 ? 1 : 0;
}

function filesIn(folders: readonly string[]): string[] {
  return folders.flatMap((folder) => {
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (stat === undefined) throw new UsageError(`there is no folder ${folder}`);
    return stat.isFile() ? [folder] : jsonFilesBelow(folder);
  });
}

function jsonFilesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json') && !/(^|[/\\])(node_modules|dist)[/\\]/.test(name))
    .map((name) => join(folder, name))
    .sort();
}

/** The copies in the packages' tests, each name once. */
function ownCopies(): string[] {
  const folders = readdirSync(join(root, 'packages')).map((name) =>
    join(root, 'packages', name, 'test/vectors'),
  );
  const files = filesIn(
    folders.filter((folder) => statSync(folder, { throwIfNoEntry: false })?.isDirectory()),
  );
  return [...new Map(files.map((file) => [basename(file), file])).values()].sort((a, b) =>
    basename(a) < basename(b) ? -1 : 1,
  );
}

async function runFile(file: string): Promise<{ passed: number; failed: number }> {
  const name = basename(file, '.json');
  const label = relative(process.env.INIT_CWD ?? process.cwd(), file) || file;
  const failures: string[] = [];
  let passed = 0;
  const plan = await planOf(name, file, failures);
  for (const vector of plan.cases) {
    const failure = await failureOf(vector);
    if (failure === null) passed += 1;
    else failures.push(`${vector.section} ${vector.name}: ${failure}`.trim());
    if (vector.note !== undefined)
      console.log(`  ≠ ${name} ${vector.section} ${vector.name}: ${vector.note}`);
  }
  for (const section of plan.notCovered) console.log(`  ${name} ${section}: not covered`);
  for (const failure of failures) console.log(`  ✗ ${name} ${failure}`);
  console.log(`${label}: ${passed}/${failures.length} (passed/failed)`);
  return { passed, failed: failures.length };
}

async function planOf(name: string, file: string, failures: string[]): Promise<VectorPlan> {
  const nothing = { cases: [], notCovered: [] };
  const kind = kinds[name];
  if (kind === undefined) {
    failures.push('unknown kind of file');
    return nothing;
  }
  try {
    const plan = await kind(JSON.parse(readFileSync(file, 'utf8')));
    if (plan.cases.length === 0) failures.push('no cases');
    return plan;
  } catch (error) {
    failures.push(`cannot be read: ${(error as Error).message}`);
    return nothing;
  }
}

async function failureOf(vector: VectorCase): Promise<string | null> {
  try {
    await vector.run();
    return null;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
