import { AsyncLocalStorage } from 'node:async_hooks';
import type { StoreContext } from '../context.js';
import { runAsync } from '../steps.js';
import { acquireLock, dropLock, lockPath } from './identity-lock.js';

/** Locks the running asynchronous flow holds: the same flow may ask again. */
const mine = new AsyncLocalStorage<ReadonlySet<string>>();
/** End of the queue per lock: flows of one process take turns, although they would share the directory lock. */
const queues = new Map<string, Promise<unknown>>();

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
  const turn = before.then(() => underLock(context, key, () => mine.run(new Set([...held, path]), work)));
  const settled = turn.then(
    () => {},
    () => {},
  );
  queues.set(path, settled);
  try {
    return await turn;
  } finally {
    if (queues.get(path) === settled) queues.delete(path);
  }
}

async function underLock<T>(context: StoreContext, key: string, work: () => Promise<T>): Promise<T> {
  await runAsync(acquireLock(context, key, { exclusive: false }));
  try {
    return await work();
  } finally {
    dropLock(context, key);
  }
}
