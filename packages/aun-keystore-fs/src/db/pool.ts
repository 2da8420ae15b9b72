import { type Clock, KeyStoreError, type Logger } from 'aun-core';
import type { FileLayer } from '../files/file-layer.js';
import { isDamaged, type SqlDatabase, SqlError } from '../files/sql-database.js';

interface OpenDatabase {
  readonly database: SqlDatabase;
  /** The file that was opened: another one may take its name (restored, set aside, deleted and made again). */
  readonly fileId: string;
  readonly users: Set<DatabasePool>;
}

/**
 * Handles kept open per process; the one unused longest is closed when there are more identities than this. Opening costs
 * a hundred times a read, so a process that hosts hundreds of agents must not run in circles; each holds three files,
 * and Node raises the limit of open files to what the system allows (4,096 at least).
 */
const MAX_OPEN = 1_024;

/** One handle per absolute path and process (08 §7.1), shared by all stores on that path. */
const open = new Map<string, OpenDatabase>();
/** Paths at which SQLite reported damage while in use: the next opening checks the whole file. */
const suspects = new Set<string>();

/** How to make a database usable; run once per handle. */
export type Prepare = (database: SqlDatabase) => void;

/** The handles one store uses. */
export class DatabasePool {
  constructor(
    readonly files: FileLayer,
    readonly clock: Clock,
    readonly logger: Logger,
  ) {}

  /** The shared handle, opened and prepared when there is none. */
  handle(path: string, prepare: Prepare): SqlDatabase {
    const fileId = this.files.stat(path, true).id;
    const known = open.get(path);
    open.delete(path);
    if (known?.fileId === fileId) {
      open.set(path, known);
      known.users.add(this);
      return known.database;
    }
    known?.database.close();
    const database = this.#open(path, prepare);
    open.set(path, { database, fileId, users: new Set([this]) });
    closeOldest();
    return database;
  }

  /** Forgets a handle that reported damage; the file is judged at the next opening. */
  distrust(path: string): void {
    suspects.add(path);
    const known = open.get(path);
    open.delete(path);
    known?.database.close();
  }

  /** Closes the handles nobody else in this process uses. */
  close(): void {
    for (const [path, entry] of open) {
      entry.users.delete(this);
      if (entry.users.size > 0) continue;
      open.delete(path);
      closeTidily(entry.database);
    }
  }

  #open(path: string, prepare: Prepare): SqlDatabase {
    const database = this.files.database(path);
    try {
      // Waiting is done by the caller, so that an asynchronous call does not block.
      database.exec('PRAGMA busy_timeout = 0');
      if (suspects.has(path) && database.get('PRAGMA quick_check(1)')?.quick_check !== 'ok') {
        throw new KeyStoreError('database_corrupt', `database ${path} fails its integrity check`);
      }
      const mode = database.get('PRAGMA journal_mode = WAL')?.journal_mode;
      if (mode !== 'wal')
        throw new KeyStoreError('io', `database ${path}: WAL mode is not available here (${String(mode)})`);
      database.exec('PRAGMA synchronous = NORMAL');
      prepare(database);
      suspects.delete(path);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }
}

export const isDamage = (error: unknown): boolean =>
  isDamaged(error) || (error instanceof KeyStoreError && error.code === 'database_corrupt');

function closeOldest(): void {
  if (open.size <= MAX_OPEN) return;
  const oldest = open.entries().next().value;
  if (oldest === undefined) return;
  open.delete(oldest[0]);
  closeTidily(oldest[1].database);
}

/** Moves the log into the file first, so that a copy of the single file is complete. */
function closeTidily(database: SqlDatabase): void {
  try {
    database.get('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (error) {
    // Nothing is lost: the next opening reads the log. Only damage may not pass unseen, and it will be found there.
    if (!(error instanceof SqlError)) throw error;
  } finally {
    database.close();
  }
}
