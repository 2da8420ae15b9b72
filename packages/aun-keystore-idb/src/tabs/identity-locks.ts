import { type Clock, KeyStoreError } from 'aun-core';
import { isDomException } from '../errors.js';
import type { Platform } from '../platform.js';
import { requestInPage } from './page-locks.js';

/**
 * Locks of one store object, by entry (08 §10.3): Web Locks where the browser has them, else a queue in this page.
 * A browser cannot tell which flow a call belongs to, so while a store object holds a lock its further calls join it;
 * other store objects, tabs and workers wait.
 */
export class IdentityLocks {
  readonly #held = new Map<string, number>();

  constructor(
    readonly platform: Platform,
    readonly clock: Clock,
    readonly waitMs: number,
  ) {}

  /** @throws {KeyStoreError} `busy` when others hold the lock longer than the wait */
  async hold<T>(entry: string, work: () => Promise<T>): Promise<T> {
    if (this.#held.has(entry)) return this.#run(entry, work);
    const { locks } = this.platform;
    const waiting = new AbortController();
    const timer = this.clock.setTimeout(() => waiting.abort(), this.waitMs, { background: true });
    const granted = (): Promise<T> => {
      this.clock.clearTimeout(timer);
      return this.#run(entry, work);
    };
    const name = `aun-keystore:${entry}`;
    try {
      return locks === null || locks === undefined
        ? await requestInPage(name, waiting.signal, granted)
        : await requestOf(locks, name, waiting.signal, granted);
    } catch (error) {
      if (!waiting.signal.aborted || error !== waiting.signal.reason) throw error;
      throw new KeyStoreError('busy', `${entry}: another tab holds its lock longer than ${this.waitMs} ms`);
    } finally {
      this.clock.clearTimeout(timer);
    }
  }

  async #run<T>(entry: string, work: () => Promise<T>): Promise<T> {
    this.#held.set(entry, (this.#held.get(entry) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = (this.#held.get(entry) ?? 1) - 1;
      if (left === 0) this.#held.delete(entry);
      else this.#held.set(entry, left);
    }
  }
}

/** The lock is released when the promise of `granted` settles, also when the tab dies. */
async function requestOf<T>(
  locks: Pick<LockManager, 'request'>,
  name: string,
  signal: AbortSignal,
  granted: () => Promise<T>,
): Promise<T> {
  let wasGranted = false;
  try {
    return await locks.request(name, { signal }, () => {
      wasGranted = true;
      return granted();
    });
  } catch (error) {
    // Opaque origins have the interface but may not use it.
    if (wasGranted || !isDomException(error) || error.name !== 'SecurityError') throw error;
    return requestInPage(name, signal, granted);
  }
}
