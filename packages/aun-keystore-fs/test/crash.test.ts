import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FsKeyStore } from '../src/index.js';
import { OLD_SEED } from './crash/names.js';
import { buildProgram, newMaterial, runChild, writeMaterial } from './crash/run-child.js';
import { type Material, type Scenario, type ScenarioName, scenarios } from './crash/scenarios.js';
import { verdicts } from './crash/verdicts.js';

/** A soak run kills at every operation; a normal one at every n-th, with another offset in every scenario. */
const STRIDE = process.env.AUN_SOAK === '1' ? 1 : 24;
const PARALLEL = 2;

describe('a process killed at any operation on the disk loses nothing (08 K3, §5.3, §6.2)', () => {
  let program: string;
  let material: Material;
  let materialFile: string;
  beforeAll(async () => {
    program = await buildProgram('crash-child', 'test/crash/child.ts');
    material = await newMaterial();
    materialFile = writeMaterial(material);
  });
  afterAll(() => rmSync(dirname(materialFile), { recursive: true, force: true }));

  for (const [index, name] of (Object.keys(scenarios) as ScenarioName[]).entries()) {
    it(`during ${name}`, { timeout: 1_800_000 }, async () => {
      const base = mkdtempSync(join(tmpdir(), 'aun-crash-'));
      const template = join(base, 'template');
      const scenario: Scenario = scenarios[name];
      const store = new FsKeyStore({ path: template, seed: OLD_SEED });
      await scenario.prepare(store, material);
      await store.close();

      const attempt = async (killAt: number): Promise<number> => {
        const path = join(base, String(killAt));
        copy(template, path);
        const result = await runChild(program, name, path, materialFile, killAt);
        if (killAt !== 0) expect(result.signal).toBe('SIGKILL');
        await explain(
          `${name} killed at operation ${killAt}, after ${result.said.join(', ') || 'nothing'}`,
          () => verdicts[name](path, material, result.said),
        );
        rmSync(path, { recursive: true, force: true });
        return result.total;
      };

      const total = await attempt(0);
      const points = Array.from({ length: total }, (_, i) => i + 1).filter(
        (point) => point % STRIDE === index % STRIDE,
      );
      const workers = Array.from({ length: PARALLEL }, async () => {
        for (let point = points.shift(); point !== undefined; point = points.shift()) await attempt(point);
      });
      await Promise.all(workers);
      rmSync(base, { recursive: true, force: true });
    });
  }
});

function copy(from: string, to: string): void {
  if (readdirSync(dirname(from)).includes('template')) cpSync(from, to, { recursive: true });
}

async function explain(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
