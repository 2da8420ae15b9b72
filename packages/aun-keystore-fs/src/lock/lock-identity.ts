import { AsyncLocalStorage } from 'node:async_hooks';
import { KeyStoreError } from 'aun-core';
import type { StoreContext } from '../context.js';
import { runAsync } from '../steps.js';
import { acquireLock, dropLock, lockPath } from './identity-lock.js';

/** Locks the running asynchronous flow holds: the same flow may ask again. */
const mine = new AsyncLocalStorage<ReadonlySet<string>>();
/** End of the queue per lock: flows of one process take turns, although they would share the directory lock. */
const queues = new Map<string, Promise<unknown>>();
/** Procedures under way. Following flows costs every promise of the process, so it ends with the last of them. */
let running = 0;

/**
 * Runs a whole procedure (a registration with its network calls) alone for one identity: among the flows of this
 * process and among processes (08 §8.1). Store calls inside it join the lock.
 */
export async function lockIdentity<T>(
  context: StoreContext,
  key: string,
  work: () => Promise<T>,
): Promise<T> {
  const path = lockPath(context, key);
  const held = mine.getStore() ?? new Set<string>();
  if (held.has(path)) return work();
  const before = queues.get(path) ?? Promise.resolve();
  const deadline = performance.now() + context.lockWaitMs;
  const turn = before.then(() => {
    if (performance.now() > deadline) throw timeout(path);
    return underLock(context, key, () => mine.run(new Set([...held, path]), work));
  });
  const settled = turn.then(
    () => {},
    () => {},
  );
  queues.set(path, settled);
  running += 1;
  void settled.then(() => {
    if (queues.get(path) === settled) queues.delete(path);
    running -= 1;
    if (running === 0) mine.disable();
  });
  await inTime(before, context.lockWaitMs, path);
  return turn;
}

/** Resolves with `before`; rejects with `busy` when that takes longer. The turn that then comes up does nothing. */
async function inTime(before: Promise<unknown>, ms: number, path: string): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timeout(path)), ms);
  });
  try {
    await Promise.race([before, late]);
  } finally {
    clearTimeout(timer);
  }
}

const timeout = (path: string): KeyStoreError =>
  new KeyStoreError('busy', `identity store lock timeout: ${path} is held by another flow of this process`);

async function underLock<T>(context: StoreContext, key: string, work: () => Promise<T>): Promise<T> {
  await runAsync(acquireLock(context, key, { exclusive: false }));
  try {
    return await work();
  } finally {
    dropLock(context, key);
  }
}
