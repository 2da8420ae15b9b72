import { readFileSync, writeSync } from 'node:fs';
import type { KeyPairRecord, PrekeyRecord } from 'aun-core';
import { nodeFiles, openFsKeyStore } from '../../src/index.js';
import { instrument } from './instrumented-files.js';
import { OLD_SEED } from './names.js';
import { type Material, type ScenarioName, scenarios } from './scenarios.js';

/** Runs a scenario and kills itself at operation `killAt`; a write is torn in half first. 0 runs to the end. */
const [name, path, materialFile, killAt] = process.argv.slice(2) as [ScenarioName, string, string, string];

let total = 0;
const files = instrument(nodeFiles, (operation) => {
  total = operation.number;
  if (operation.number !== Number(killAt)) return;
  operation.tear?.();
  process.kill(process.pid, 'SIGKILL');
  // The signal may take a moment; nothing may happen meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});

const store = openFsKeyStore({ path, seed: OLD_SEED, files });
await scenarios[name].run(store, decode(readFileSync(materialFile, 'utf8')), (step) =>
  writeSync(1, `${step}\n`),
);
writeSync(1, `total ${total}\n`);

function decode(text: string): Material {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && 'bytes' in value
      ? new Uint8Array(Buffer.from(String(value.bytes), 'hex'))
      : value,
  ) as Material & { alice: KeyPairRecord; prekeys: PrekeyRecord[] };
}
