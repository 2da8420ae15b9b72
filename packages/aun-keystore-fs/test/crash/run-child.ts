import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';
import { newIssuer, newKeyPair, newPrekey } from '../conformance/material.js';
import { aid } from './names.js';
import type { Material, ScenarioName } from './scenarios.js';

const packageRoot = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles a test program, so that plain Node can run it; it finds its dependencies from where it lies. */
export async function buildProgram(name: string, entry: string): Promise<string> {
  const outDir = join(packageRoot, 'node_modules', '.cache', 'test-programs');
  mkdirSync(outDir, { recursive: true });
  await build({
    entry: { [name]: join(packageRoot, entry) },
    outDir,
    format: ['esm'],
    target: 'node20',
    dts: false,
    sourcemap: false,
    clean: false,
    silent: true,
    config: false,
    tsconfig: join(packageRoot, 'tsconfig.json'),
    platform: 'node',
    // All in one file: a package that is being rebuilt beside a long run must not disturb it.
    noExternal: [/^(?!libsql$)/],
    external: ['libsql'],
    banner: {
      js: "import { createRequire as __cr } from 'node:module'; const require = __cr(import.meta.url);",
    },
    outExtension: () => ({ js: '.mjs' }),
  });
  return join(outDir, `${name}.mjs`);
}

export async function newMaterial(): Promise<Material> {
  const issuer = await newIssuer();
  const [alice, next] = [newKeyPair(), newKeyPair()];
  return {
    alice,
    aliceCert: await issuer.issue(aid, alice),
    next,
    nextCert: await issuer.issue(aid, next),
    others: [newKeyPair(), newKeyPair(), newKeyPair()],
    prekeys: [newPrekey('', 1), newPrekey('', 2), newPrekey('', 3)],
  };
}

export function writeMaterial(material: Material): string {
  const file = join(mkdtempSync(join(tmpdir(), 'aun-material-')), 'material.json');
  const text = JSON.stringify(material, (_key, value: unknown) =>
    value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('hex') } : value,
  );
  writeFileSync(file, text);
  return file;
}

export interface ChildResult {
  /** Steps the child reported before it ended. */
  readonly said: readonly string[];
  /** Operations of a run to the end; 0 when it was killed. */
  readonly total: number;
  readonly signal: NodeJS.Signals | null;
}

/** Runs the child to its end, which is usually SIGKILL. */
export function runChild(
  program: string,
  scenario: ScenarioName,
  path: string,
  material: string,
  killAt: number,
): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, scenario, path, material, String(killAt)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code !== 0 && signal === null) return reject(new Error(`child failed (${code}): ${err}`));
      const lines = out.split('\n').filter((line) => line !== '');
      const total = Number(lines.find((line) => line.startsWith('total '))?.slice(6) ?? 0);
      resolve({ said: lines.filter((line) => !line.startsWith('total ')), total, signal });
    });
  });
}
