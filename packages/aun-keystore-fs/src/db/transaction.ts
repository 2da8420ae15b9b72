import type { SqlDatabase } from '../files/sql-database.js';

/** Runs `work` inside `BEGIN IMMEDIATE`; any error rolls everything back. */
export function immediate<T>(database: SqlDatabase, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** Some errors (disk full, I/O) have rolled back already; the first error is the one that counts. */
function rollBack(database: SqlDatabase): void {
  try {
    database.exec('ROLLBACK');
  } catch {
    // No transaction is active any more.
  }
}
