import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { CryptoError, type CryptoErrorCode } from '../src/index.js';

/** fast-check runs: modest by default, many in a soak run. */
export const runs = (modest: number): { numRuns: number } => ({
  numRuns: process.env.AUN_SOAK ? modest * 100 : modest,
});

export const readVectors = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`./vectors/${name}.json`, import.meta.url), 'utf8')) as T;

/** `action` throws a CryptoError with `code` and nothing else. */
export function expectCode(code: CryptoErrorCode, action: () => unknown): void {
  let caught: unknown;
  try {
    action();
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(CryptoError);
  expect((caught as CryptoError).code).toBe(code);
}

/** The result, or the code of the CryptoError; any other exception fails the test. */
export function codeOf(action: () => unknown): CryptoErrorCode | 'ok' {
  try {
    action();
    return 'ok';
  } catch (error) {
    if (error instanceof CryptoError) return error.code;
    throw error;
  }
}
