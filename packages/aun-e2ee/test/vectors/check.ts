import { readFileSync } from 'node:fs';

/** The package under test: its sources here, the built package in a runner outside. */
export type E2eeApi = typeof import('../../src/index.js');

/** One statement of a vector file. `run` throws when it does not hold. */
export interface VectorCheck {
  readonly name: string;
  run(): void | Promise<void>;
}

/** Reads a vector file that lies beside this one. */
export function loadVectors<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`./${file}`, import.meta.url), 'utf8')) as T;
}
