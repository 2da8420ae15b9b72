import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type BenchArguments, readArguments, USAGE } from './lib/arguments.js';
import { formatTable } from './lib/table.js';
import type { BackendName, Measurement } from './lib/types.js';

/** Package conditions per backend: `browser` makes Node take the pure JavaScript one. */
const conditions: Readonly<Record<BackendName, readonly string[]>> = {
  node: [],
  noble: ['--conditions=browser'],
};

/** One child process per backend, one after the other, so that they do not share a core. */
function runBackend(backend: BackendName, only: string | undefined): Promise<Measurement[]> {
  const worker = fileURLToPath(new URL('./worker.js', import.meta.url));
  const child = fork(worker, [backend, ...(only === undefined ? [] : [only])], {
    execArgv: [...conditions[backend]],
  });
  const measurements: Measurement[] = [];
  child.on('message', (message) => {
    measurements.push(message as Measurement);
    process.stderr.write('.');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve(measurements) : reject(new Error(`the ${backend} worker ended with code ${code}`)),
    );
  });
}

async function main(args: BenchArguments): Promise<void> {
  const measurements: Measurement[] = [];
  for (const backend of ['node', 'noble'] as const)
    measurements.push(...(await runBackend(backend, args.only)));
  process.stderr.write('\n');
  if (measurements.length === 0) throw new Error(`no row matches --only ${args.only}`);
  const machine = `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores`;
  console.log(`Node ${process.version}, OpenSSL ${process.versions.openssl}, ${machine}\n`);
  console.log(formatTable(measurements));
  if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify(measurements, null, 2)}\n`);
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
