import { dirname } from 'node:path';
import type { StoreContext } from '../context.js';
import { exists } from '../files/read.js';
import { isMissing } from '../files/system-error.js';
import { whileLocked } from '../lock/identity-lock.js';
import type { Steps } from '../steps.js';
import { isDamage } from './pool.js';
import type { DatabaseFile } from './use-database.js';

/**
 * Renames a damaged database to `{file}.corrupt_<time>.bak` (08 §7.1). Under the identity lock it is opened once more:
 * another process may have replaced it meanwhile.
 */
export function* setDamagedAside(context: StoreContext, file: DatabaseFile, reason: unknown): Steps<void> {
  yield* whileLocked(context, file.lock, () => {
    if (!stillDamaged(context, file)) return;
    const aside = freeName(context, file.path);
    context.files.rename(file.path, aside);
    for (const suffix of ['-wal', '-shm', '-journal']) removeIfPresent(context, `${file.path}${suffix}`);
    context.files.fsyncDirectory(dirname(file.path));
    context.logger.error('key store: a damaged database was set aside', {
      path: file.path,
      aside,
      reason: reason instanceof Error ? reason.message : String(reason),
    });
  });
}

/** A clock that stands still or was set back must not overwrite what was set aside before. */
function freeName(context: StoreContext, path: string): string {
  for (let now = context.clock.now(); ; now += 1) {
    const name = `${path}.corrupt_${new Date(now).toISOString().replace(/[:.]/g, '-')}.bak`;
    if (!exists(context.files, name)) return name;
  }
}

function stillDamaged(context: StoreContext, file: DatabaseFile): boolean {
  try {
    context.databases.handle(file.path, file.prepare);
    return false;
  } catch (error) {
    if (isDamage(error)) return true;
    throw error;
  }
}

function removeIfPresent(context: StoreContext, path: string): void {
  try {
    context.files.unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
