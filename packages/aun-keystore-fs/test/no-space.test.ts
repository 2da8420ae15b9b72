import { cpSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type FileLayer, nodeFiles, SqlError } from '../src/index.js';
import { instrument } from './crash/instrumented-files.js';
import { OLD_SEED } from './crash/names.js';
import { newMaterial } from './crash/run-child.js';
import { type Material, type Scenario, type ScenarioName, scenarios } from './crash/scenarios.js';
import { verdicts } from './crash/verdicts.js';
import { failureCode, newDirectory, openStore } from './store-directory.js';

/** A soak run fills the disk at every operation, a normal one at every seventh. */
const STRIDE = process.env.AUN_SOAK === '1' ? 1 : 7;

/** Operations that a full disk can refuse. */
const growing = /^(open create|write|fsync|rename|link|makeDirectory|run|exec (BEGIN|COMMIT|CREATE|ALTER))/;

/** The disk is full at the n-th operation that needs room, and stays full. */
function fullFrom(point: number): { readonly files: FileLayer; readonly count: () => number } {
  let seen = 0;
  const files = instrument(nodeFiles, (operation) => {
    if (!growing.test(operation.name)) return;
    seen += 1;
    if (seen < point) return;
    if (/^(run|exec)/.test(operation.name)) throw new SqlError('SQLITE_FULL', 'database or disk is full');
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC', syscall: 'write' });
  });
  return { files, count: () => seen };
}

describe('a disk that becomes full at any operation leaves the old data intact', () => {
  for (const name of Object.keys(scenarios) as ScenarioName[]) {
    it(`during ${name}`, { timeout: 300_000 }, async () => {
      const material: Material = await newMaterial();
      const scenario: Scenario = scenarios[name];
      const template = newDirectory();
      const first = openStore({ path: template, seed: OLD_SEED });
      await scenario.prepare(first, material);
      await first.close();
      for (let point = 1; ; point += STRIDE) {
        const path = newDirectory();
        cpSync(template, path, { recursive: true });
        const disk = fullFrom(point);
        const said: string[] = [];
        const store = openStore({ path, seed: OLD_SEED, files: disk.files });
        const code = await failureCode(() => scenario.run(store, material, (step) => said.push(step)));
        await store.close();
        if (disk.count() < point) {
          expect(code).toBeUndefined();
          break;
        }
        // The device id falls back instead of failing; everything else reports the full disk.
        expect(code).toBe('no_space');
        // With room again, everything is there and the work can be finished.
        await verdicts[name](path, material, said);
      }
    });
  }
});
