import { join } from 'node:path';
import { KeyStoreError } from 'aun-core';
import { hexEncode } from 'aun-crypto';
import type { StoreContext } from '../context.js';
import { systemCode } from '../files/system-error.js';
import { just, type Steps } from '../steps.js';
import { addHeld, type HeldLock, heldLock, removeHeld } from './held-locks.js';
import { releaseLock, tryTakeLock } from './lock-directory.js';
import { TOKEN_PREFIX } from './lock-owner.js';

const POLL_MS = 10;

export const lockPath = (context: StoreContext, key: string): string =>
  join(context.layout.locks, `${key}.lock`);

/**
 * Runs `work` under the identity lock `key` (08 §8.1), shared inside this process, alone among processes. Waits at
 * most `lockWaitMs`, then throws `busy`.
 */
export function* withLock<T>(context: StoreContext, key: string, work: () => Steps<T>): Steps<T> {
  yield* acquireLock(context, key, { exclusive: false });
  try {
    return yield* work();
  } finally {
    dropLock(context, key);
  }
}

/** `withLock` for work that itself never waits. */
export function whileLocked<T>(context: StoreContext, key: string, work: () => T): Steps<T> {
  return withLock(context, key, () => just(work));
}

/** Takes the lock, or joins it when this process already holds it and neither side is exclusive. */
export function* acquireLock(
  context: StoreContext,
  key: string,
  options: { readonly exclusive: boolean },
): Steps<void> {
  const path = lockPath(context, key);
  const token = `${TOKEN_PREFIX}${hexEncode(context.random(8))}`;
  // Waiting is real time even when the store's clock is a test's.
  const deadline = performance.now() + context.lockWaitMs;
  while (!joinOrTake(context, path, token, options.exclusive)) {
    if (performance.now() >= deadline) {
      throw new KeyStoreError('busy', `identity store lock timeout: ${path} is held by another process`);
    }
    yield { kind: 'sleep', ms: POLL_MS };
  }
}

/** Undoes one `acquireLock`. */
export function dropLock(context: StoreContext, key: string): void {
  const lock = heldLock(lockPath(context, key));
  if (lock === undefined) return;
  lock.holders -= 1;
  if (lock.holders > 0) return;
  removeHeld(lock.path);
  try {
    releaseLock(lock.files, lock.path, lock.token);
  } catch (error) {
    // The work is done, and the next one here recognises the leftover as its own.
    context.logger.warn('key store: a lock cannot be removed', { path: lock.path, code: systemCode(error) });
  }
}

function joinOrTake(context: StoreContext, path: string, token: string, exclusive: boolean): boolean {
  const mine = heldLock(path);
  if (mine !== undefined) return !exclusive && enter(mine);
  const now = Date.now();
  if (!tryTakeLock(context.files, path, token, now)) return false;
  addHeld({
    path,
    token,
    exclusive,
    files: context.files,
    logger: context.logger,
    holders: 1,
    touchedAt: now,
  });
  return true;
}

function enter(lock: HeldLock): boolean {
  if (lock.exclusive) return false;
  lock.holders += 1;
  return true;
}
