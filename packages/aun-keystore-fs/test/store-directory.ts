import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { FsKeyStore, type FsKeyStoreOptions } from '../src/index.js';

/** A directory of its own for one test, gone afterwards. */
export function newDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'aun-keystore-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A store that is closed when its test is over. */
export function openStore(options: Partial<FsKeyStoreOptions> & { readonly path: string }): FsKeyStore {
  const store = new FsKeyStore({ seed: 'seed', ...options });
  onTestFinished(() => store.closeSync());
  return store;
}

/** Lines a store logs as warnings or errors. */
export function recordingLogger(): {
  readonly lines: string[];
  readonly logger: NonNullable<FsKeyStoreOptions['logger']>;
} {
  const lines: string[] = [];
  const keep = (message: string): void => {
    lines.push(message);
  };
  return { lines, logger: { debug: () => {}, info: () => {}, warn: keep, error: keep } };
}

/** The `code` a call fails with, synchronously or as a promise; undefined when it succeeds. */
export async function failureCode(work: () => unknown): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
