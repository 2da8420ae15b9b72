import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type Compilable,
  type CompiledQuery,
  DummyDriver,
  Kysely,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import LibsqlDatabase from 'libsql';
import type { Tables } from './tables.js';

/** Values SQLite stores. Booleans are 0/1, JSON is text. */
export type SqlValue = string | number | bigint | null | Uint8Array;
export type SqlParams = Readonly<Record<string, SqlValue>>;

/** A query compiled once; parameters by name. Synchronous, because SQLite is. */
export interface Statement<P, R> {
  get(params: P): R | undefined;
  all(params: P): R[];
  run(params: P): { readonly changes: number };
}

/** The database could not do what was asked: disk full, file damaged, I/O error. Nothing was stored. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /** SQLite's result code, e.g. `SQLITE_FULL`. */
  readonly code: string;

  constructor(code: string, cause: unknown) {
    super(`the database refused: ${code}`, { cause });
    this.code = code;
  }
}

/** SQLite's own errors as `StoreError`; everything else unchanged. */
export const asStoreError = (error: unknown): unknown =>
  error instanceof LibsqlDatabase.SqliteError ? new StoreError(error.code, error) : error;

class Placeholder {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

const placeholders = new Proxy(
  {},
  { get: (_target, name) => (typeof name === 'string' ? new Placeholder(name) : undefined) },
);

const builder = new Kysely<Tables>({
  dialect: {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  },
});

export type QueryBuilder = Kysely<Tables>;

/** Resolves each compiled parameter: named placeholders from the call, constants from the query text. */
const binder = (compiled: CompiledQuery) => {
  const names = compiled.parameters.map((slot) => (slot instanceof Placeholder ? slot.name : null));
  return (params: object): unknown[] => {
    const values = params as Readonly<Record<string, unknown>>;
    return names.map((name, index) => (name === null ? compiled.parameters[index] : values[name]));
  };
};

/**
 * One SQLite file. Statements are written with kysely, compiled once and kept as prepared statements.
 * All calls are synchronous; writes that must be durable before an answer go through `GroupCommit`.
 */
export class Database {
  readonly #raw: LibsqlDatabase.Database;
  readonly #caches: (() => void)[] = [];
  #inTransaction = false;

  constructor(raw: LibsqlDatabase.Database) {
    this.#raw = raw;
  }

  /**
   * Compiles a query once. `p.<name>` stands for a value given at call time:
   * `db.statement<{ aid: string }, { pem: string }>((q, p) => q.selectFrom('certs').select('pem').where('aid', '=', p.aid))`.
   */
  statement<P extends object, R = unknown>(
    build: (query: QueryBuilder, params: P) => Compilable,
  ): Statement<P, R> {
    const compiled = build(builder, placeholders as P).compile();
    const bind = binder(compiled);
    const prepared = this.#raw.prepare(compiled.sql);
    return {
      get: (params) => prepared.get(bind(params)) as R | undefined,
      all: (params) => prepared.all(bind(params)) as R[],
      run: (params) => ({ changes: prepared.run(bind(params)).changes }),
    };
  }

  /** Runs SQL text without parameters (migrations, pragmas). */
  exec(sql: string): void {
    this.#raw.exec(sql);
    this.#forget();
  }

  /** Rows of a parameterless query text. */
  rawAll(sql: string): Record<string, unknown>[] {
    return this.#raw.prepare(sql).all() as Record<string, unknown>[];
  }

  /** Runs `work` inside one IMMEDIATE transaction; nested calls join the outer one. A throw rolls all of it back. */
  transaction<T>(work: () => T): T {
    if (this.#inTransaction) return work();
    this.#raw.exec('BEGIN IMMEDIATE');
    this.#inTransaction = true;
    try {
      const result = work();
      this.#raw.exec('COMMIT');
      return result;
    } catch (error) {
      this.#forget();
      // A full disk rolls back by itself.
      if (this.#raw.inTransaction) this.#raw.exec('ROLLBACK');
      throw error;
    } finally {
      this.#inTransaction = false;
    }
  }

  /** `forget` drops what is remembered of rows: writes were rolled back, or unknown SQL ran. */
  onUnknownChange(forget: () => void): void {
    this.#caches.push(forget);
  }

  #forget(): void {
    for (const forget of this.#caches) forget();
  }

  close(): void {
    this.#raw.close();
  }
}

/** Opens (and creates) the file with WAL and `synchronous=FULL`: a committed transaction survives a power cut. */
export function openDatabase(path: string): Database {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const raw = new LibsqlDatabase(path);
  // Larger pages waste less behind bodies of 2-3 KB; the size is fixed when the file is made.
  raw.exec(
    'PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000; PRAGMA temp_store = MEMORY;',
  );
  // Pages that many messages touch are written back once for all of them; up to 32 MB of log, 16 MB of memory.
  raw.exec('PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -16000;');
  return new Database(raw);
}
