import type { StoreContext } from '../context.js';
import { exists } from '../files/read.js';
import { beat } from '../lock/held-locks.js';
import { acquireLock, dropLock } from '../lock/identity-lock.js';
import { breathe, type Steps } from '../steps.js';
import { putInPlace, readJournal, removeJournal } from './seed-journal.js';

export const SEED_LOCK = '_seed';

/** Before a key is touched: finishes a seed change that a crash interrupted (08 §6.2). */
export function* recoverSeedChange(context: StoreContext): Steps<void> {
  if (!exists(context.files, context.layout.seedJournal)) return;
  // While another process is still at it, this waits for the end.
  yield* acquireLock(context, SEED_LOCK, { exclusive: true });
  try {
    yield* finishJournal(context);
  } finally {
    dropLock(context, SEED_LOCK);
  }
}

/**
 * `withLock` for work on a key. A seed change may have been decided and cut short while this waited for the lock, so
 * the journal is looked at once more under it; while the lock is held no other change can begin.
 */
export function* withKeyLock<T>(context: StoreContext, key: string, work: () => Steps<T>): Steps<T> {
  for (;;) {
    yield* recoverSeedChange(context);
    yield* acquireLock(context, key, { exclusive: false });
    try {
      if (!exists(context.files, context.layout.seedJournal)) return yield* work();
    } finally {
      dropLock(context, key);
    }
  }
}

/** Needs no seed: the new contents are all on disk. The seed lock is held. */
export function* finishJournal(context: StoreContext): Steps<void> {
  const journal = readJournal(context);
  if (journal === null) return;
  for (const file of journal.files) {
    putInPlace(context, file);
    beat(Date.now());
    yield breathe;
  }
  removeJournal(context);
  context.logger.info('key store: an interrupted seed change was finished', { files: journal.files.length });
}
