import type { IdentityLockStore } from 'aun-core';

/** The last procedure of each store object and AID. */
const queues = new WeakMap<IdentityLockStore, Map<string, Promise<unknown>>>();

/**
 * Runs a procedure alone for one AID, among processes or tabs and among the flows of this one. A key store in a browser
 * cannot tell flows apart (08 §10.3): calls of one store object join the lock it holds. So they wait for each other
 * here first. Not re-entrant.
 */
export const alone = async <T>(keys: IdentityLockStore, aid: string, work: () => Promise<T>): Promise<T> => {
  const queue = queues.get(keys) ?? new Map<string, Promise<unknown>>();
  queues.set(keys, queue);
  const before = queue.get(aid) ?? Promise.resolve();
  const turn = before.then(() => keys.lockIdentity(aid, work));
  const settled = turn.catch(() => undefined);
  queue.set(aid, settled);
  try {
    return await turn;
  } finally {
    if (queue.get(aid) === settled) queue.delete(aid);
  }
};
