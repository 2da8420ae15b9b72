import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchArguments, readArguments, USAGE } from './lib/arguments.js';
import { FOLDER_VARIABLE } from './lib/scope.js';
import { formatTable } from './lib/table.js';
import type { BackendName, Measurement } from './lib/types.js';

/** Package conditions per backend: `browser` makes Node take the pure JavaScript one. */
const conditions: Readonly<Record<BackendName, readonly string[]>> = {
  node: [],
  noble: ['--conditions=browser'],
};

/** One child process per backend, one after the other, so that they do not share a core. */
function runBackend(
  backend: BackendName,
  { only, full }: BenchArguments,
  folder: string,
): Promise<Measurement[]> {
  const worker = fileURLToPath(new URL('./worker.js', import.meta.url));
  const child = fork(worker, [backend, JSON.stringify({ only, full })], {
    execArgv: [...conditions[backend]],
    env: { ...process.env, [FOLDER_VARIABLE]: folder },
  });
  const stop = (): void => {
    child.kill('SIGTERM');
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const measurements: Measurement[] = [];
  child.on('message', (message) => {
    measurements.push(message as Measurement);
    process.stderr.write('.');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      if (code === 0) resolve(measurements);
      else reject(new Error(`the ${backend} worker ended with code ${code}`));
    });
  });
}

const withoutNote = (key: string, value: unknown): unknown => (key === 'note' ? undefined : value);

async function main(args: BenchArguments): Promise<void> {
  const measurements: Measurement[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'aun-bench-'));
  try {
    for (const backend of ['node', 'noble'] as const)
      measurements.push(...(await runBackend(backend, args, folder)));
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  process.stderr.write('\n');
  if (measurements.length === 0) throw new Error(`no row matches --only ${args.only}`);
  const machine = `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores`;
  console.log(`Node ${process.version}, OpenSSL ${process.versions.openssl}, ${machine}\n`);
  console.log(formatTable(measurements));
  if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify(measurements, withoutNote, 2)}\n`);
}

try {
  const args = readArguments(process.argv.slice(2));
  if (args.help) console.log(USAGE);
  else await main(args);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof TypeError) console.error(USAGE);
  process.exitCode = 1;
}
