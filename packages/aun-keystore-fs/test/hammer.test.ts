import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FsKeyStore } from '../src/index.js';
import { newKeyPair } from './conformance/material.js';
import { buildProgram } from './crash/run-child.js';
import { aids, counterScope, device, SEED } from './hammer/shared.js';

const SOAK = process.env.AUN_SOAK === '1';
const PROCESSES = 8;
const SECONDS = SOAK ? Number(process.env.AUN_SOAK_SECONDS ?? 600) : 5;

type Done = Readonly<Record<string, number>>;

function run(program: string, path: string, name: string): Promise<Done> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, path, name, String(SECONDS)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.on('close', (code) =>
      code === 0 ? resolve(JSON.parse(out) as Done) : reject(new Error(`${name}: ${err}`)),
    );
  });
}

it(`${PROCESSES} processes on one store lose none of each other's writes (08 §8)`, {
  timeout: 1_200_000,
}, async () => {
  const program = await buildProgram('hammer-child', 'test/hammer/child.ts');
  const path = mkdtempSync(join(tmpdir(), 'aun-hammer-'));
  const store = new FsKeyStore({ path, seed: SEED });
  for (const aid of aids) await store.saveKeyPair(aid, newKeyPair());

  const names = Array.from({ length: PROCESSES }, (_, index) => `process${index}`);
  const done = await Promise.all(names.map((name) => run(program, path, name)));
  const sum = (what: string) => done.reduce((total, each) => total + (each[what] ?? 0), 0);

  const states = await Promise.all(aids.map((aid) => store.loadInstanceState(aid, counterScope)));
  const counted = (member: string) => states.reduce((total, state) => total + Number(state[member] ?? 0), 0);
  expect(counted('total')).toBe(sum('updates'));
  expect(names.map(counted)).toEqual(done.map((each) => each.updates));

  let [prekeys, keys] = [0, 0];
  for (const aid of aids) {
    prekeys += (await store.listPrekeys(aid, device, '')).length;
    keys += (await store.loadPreviousKeyPairs(aid, 1_000_000)).length;
    expect(await store.loadKeyPair(aid)).not.toBeNull();
    const card = await store.loadAgentMd(aid);
    if (card.content !== null) expect(new TextDecoder().decode(card.content)).toMatch(/^# process\d+ \d+\n$/);
  }
  expect(prekeys).toBe(sum('prekeys'));
  expect(keys).toBe(sum('keys'));
  expect(sum('locks')).toBeGreaterThan(0);
  await store.close();

  const left = readdirSync(path, { recursive: true }).map(String);
  expect(left.filter((name) => /\.tmp|\.lock$|corrupt/.test(name))).toEqual([]);
  rmSync(path, { recursive: true, force: true });
});
