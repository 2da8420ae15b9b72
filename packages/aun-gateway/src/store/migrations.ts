import type { Database } from './database.js';

/** One numbered step; runs once, inside one transaction. */
export interface Migration {
  /** `0001-identity`: the order is the order of ids. */
  readonly id: string;
  readonly sql: string;
}

/** Applies what is missing, in order of id. Refuses a database that a newer version has written. */
export function migrate(db: Database, migrations: readonly Migration[], nowMs: number): readonly string[] {
  db.exec(
    'CREATE TABLE IF NOT EXISTS schema_migrations (id TEXT PRIMARY KEY, applied_at INTEGER NOT NULL) WITHOUT ROWID',
  );
  const applied = db.rawAll('SELECT id FROM schema_migrations').map((row) => String(row.id));
  const known = new Set(migrations.map((migration) => migration.id));
  const foreign = applied.filter((id) => !known.has(id));
  if (foreign.length > 0) {
    throw new Error(`database_too_new: it has migrations this version does not know: ${foreign.join(', ')}`);
  }
  const done = new Set(applied);
  const missing = migrations
    .filter((migration) => !done.has(migration.id))
    .toSorted((left, right) => (left.id < right.id ? -1 : 1));
  for (const { id, sql } of missing) {
    db.transaction(() => {
      db.exec(sql);
      db.exec(`INSERT INTO schema_migrations (id, applied_at) VALUES ('${id}', ${Math.trunc(nowMs)})`);
    });
  }
  return missing.map((migration) => migration.id);
}
