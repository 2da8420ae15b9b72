import { dirname } from 'node:path';
import { KeyStoreError } from 'aun-core';
import type { StoreContext } from '../context.js';
import { writeNew } from '../files/atomic-write.js';
import { ensureDirectory } from '../files/directories.js';
import { tightenMode } from '../files/permissions.js';
import { exists } from '../files/read.js';
import { isBusy, type SqlDatabase } from '../files/sql-database.js';
import { isTaken } from '../files/system-error.js';
import type { Steps } from '../steps.js';
import { isDamage, type Prepare } from './pool.js';
import { setDamagedAside } from './set-aside.js';

const POLL_MS = 5;

export interface DatabaseFile {
  readonly path: string;
  readonly prepare: Prepare;
  /** Identity lock under which a damaged file is set aside. */
  readonly lock: string;
}

/** Reads; null when the file does not exist: looking must not create databases for peers (08 §7.1). */
export function* readDatabase<T>(
  context: StoreContext,
  file: DatabaseFile,
  work: (database: SqlDatabase) => T,
): Steps<T | null> {
  if (!exists(context.files, file.path)) return null;
  return yield* patiently(context, file, work);
}

/** Reads and writes; the file is created when it does not exist. `work` must be one transaction. */
export function* writeDatabase<T>(
  context: StoreContext,
  file: DatabaseFile,
  work: (database: SqlDatabase) => T,
): Steps<T> {
  createWithMode(context, file.path);
  return yield* patiently(context, file, work);
}

function* patiently<T>(
  context: StoreContext,
  file: DatabaseFile,
  work: (database: SqlDatabase) => T,
): Steps<T> {
  const deadline = performance.now() + context.databaseWaitMs;
  let replaced = false;
  for (;;) {
    try {
      return work(open(context, file));
    } catch (error) {
      if (error instanceof OpeningDamaged && !replaced) {
        replaced = true;
        yield* setDamagedAside(context, file, error.cause);
        createWithMode(context, file.path);
        continue;
      }
      if (!isBusy(error)) throw judged(context, file, error);
      if (performance.now() >= deadline) {
        throw new KeyStoreError('busy', `database ${file.path} is locked by another process`, {
          cause: error,
        });
      }
    }
    yield { kind: 'sleep', ms: POLL_MS };
  }
}

/** Damage found while opening, as opposed to damage found in use. */
class OpeningDamaged extends Error {
  override readonly name = 'OpeningDamaged';
}

function open(context: StoreContext, file: DatabaseFile): SqlDatabase {
  try {
    return context.databases.handle(file.path, (database) => {
      tighten(context, file.path);
      file.prepare(database);
    });
  } catch (error) {
    if (isDamage(error)) throw new OpeningDamaged('the database is damaged', { cause: error });
    throw error;
  }
}

function judged(context: StoreContext, file: DatabaseFile, error: unknown): unknown {
  if (!isDamage(error)) return error;
  context.databases.distrust(file.path);
  return new KeyStoreError(
    'database_corrupt',
    `database ${file.path} is damaged; the next use checks it and, if so, sets it aside`,
    { cause: error },
  );
}

/** SQLite would create the file readable for others; its side files take over the mode. */
function createWithMode(context: StoreContext, path: string): void {
  if (exists(context.files, path)) return;
  ensureDirectory(context.files, dirname(path));
  try {
    writeNew(context.files, path, new Uint8Array(0), { durable: false });
    context.files.fsyncDirectory(dirname(path));
  } catch (error) {
    if (!isTaken(error)) throw error;
  }
}

function tighten(context: StoreContext, path: string): void {
  for (const suffix of ['', '-wal', '-shm']) tightenMode(context.files, `${path}${suffix}`, context.logger);
}
