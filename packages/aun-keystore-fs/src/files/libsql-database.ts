import { KeyStoreError } from 'aun-core';
import Libsql from 'libsql';
import { type SqlDatabase, SqlError, type SqlRow, type SqlValue } from './sql-database.js';

type Driver = InstanceType<typeof Libsql>;
/** The part of a driver's statement that is used; rows are checked before they leave this file. */
interface DriverStatement {
  run(...params: readonly SqlValue[]): { readonly changes: number };
  get(...params: readonly SqlValue[]): unknown;
  all(...params: readonly SqlValue[]): readonly unknown[];
}

/** Opens the file with the `libsql` driver (SQLite with a prebuilt binary). */
export function openLibsql(path: string): SqlDatabase {
  return new LibsqlDatabase(guard(() => new Libsql(path)));
}

class LibsqlDatabase implements SqlDatabase {
  readonly #driver: Driver;
  readonly #statements = new Map<string, DriverStatement>();

  constructor(driver: Driver) {
    this.#driver = driver;
  }

  exec(sql: string): void {
    guard(() => this.#driver.exec(sql));
  }

  run(sql: string, ...params: readonly SqlValue[]): number {
    return guard(() => this.#statement(sql).run(...checked(params)).changes);
  }

  get(sql: string, ...params: readonly SqlValue[]): SqlRow | undefined {
    return guard(() => {
      const row = this.#statement(sql).get(...checked(params));
      return row === undefined || row === null ? undefined : plainRow(row);
    });
  }

  all(sql: string, ...params: readonly SqlValue[]): readonly SqlRow[] {
    return guard(() =>
      this.#statement(sql)
        .all(...checked(params))
        .map(plainRow),
    );
  }

  close(): void {
    this.#statements.clear();
    guard(() => this.#driver.close());
  }

  #statement(sql: string): DriverStatement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made: DriverStatement = this.#driver.prepare<unknown[]>(sql);
    this.#statements.set(sql, made);
    return made;
  }
}

/** The driver aborts the whole process on a type it does not know (a boolean, an object), so none gets there. */
function checked(params: readonly unknown[]): readonly SqlValue[] {
  return params.map((value) => {
    if (value === null || typeof value === 'string' || typeof value === 'bigint') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (value instanceof Uint8Array) return value;
    throw new KeyStoreError(
      'invalid_argument',
      `a ${typeof value} cannot be stored where text, a number or bytes belong`,
    );
  });
}

/** The driver adds `_metadata` to rows and gives blobs as Buffer or ArrayBuffer depending on the call. */
function plainRow(row: unknown): SqlRow {
  const plain: Record<string, SqlValue> = {};
  for (const [name, value] of Object.entries(row as Record<string, unknown>)) {
    if (name !== '_metadata') plain[name] = plainValue(value);
  }
  return plain;
}

function plainValue(value: unknown): SqlValue {
  if (value instanceof ArrayBuffer) return new Uint8Array(value.slice(0));
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value;
  return null;
}

function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toSqlError(error);
  }
}

function toSqlError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && code.startsWith('SQLITE_')) {
    return new SqlError(code, error.message, { cause: error });
  }
  // Opening failures carry SQLite's number only at the end of the text ("...: 14").
  const number = /: (\d+)"?\)$/.exec(error.message)?.[1];
  if (number !== undefined)
    return new SqlError(codeNames[number] ?? 'SQLITE_ERROR', error.message, { cause: error });
  return error;
}

const codeNames: Readonly<Record<string, string>> = {
  '5': 'SQLITE_BUSY',
  '8': 'SQLITE_READONLY',
  '10': 'SQLITE_IOERR',
  '11': 'SQLITE_CORRUPT',
  '13': 'SQLITE_FULL',
  '14': 'SQLITE_CANTOPEN',
  '26': 'SQLITE_NOTADB',
};
