import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

type Cleanup = () => unknown;

/** What a test, or a whole file, has opened and must leave behind closed: last opened, first closed. */
export class Scope {
  readonly #cleanups: Cleanup[] = [];

  defer(cleanup: Cleanup): void {
    this.#cleanups.push(cleanup);
  }

  /** A folder of its own, removed at the end. */
  async folder(prefix = 'aun-e2e-'): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), prefix));
    this.defer(() => rm(path, { recursive: true, force: true }));
    return path;
  }

  /** Runs every cleanup, whatever the others do; then reports the first failure. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const cleanup of this.#cleanups.splice(0).reverse()) {
      try {
        await cleanup();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** Closed when the running test has finished. */
export const testScope = (): Scope => {
  const scope = new Scope();
  onTestFinished(() => scope.close(), 60_000);
  return scope;
};

/** Closed after the last test of the file (or of the `describe` it is called in). */
export const fileScope = (): Scope => {
  const scope = new Scope();
  afterAll(() => scope.close());
  return scope;
};
