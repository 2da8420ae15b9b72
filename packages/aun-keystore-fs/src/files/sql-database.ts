export type SqlValue = string | number | bigint | Uint8Array | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** One open SQLite connection. Errors are `SqlError`. */
export interface SqlDatabase {
  exec(sql: string): void;
  /** Number of changed rows. */
  run(sql: string, ...params: readonly SqlValue[]): number;
  get(sql: string, ...params: readonly SqlValue[]): SqlRow | undefined;
  all(sql: string, ...params: readonly SqlValue[]): readonly SqlRow[];
  close(): void;
}

/** A failure inside SQLite; `code` is the primary result code, e.g. `SQLITE_BUSY`. */
export class SqlError extends Error {
  override readonly name = 'SqlError';

  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export const isBusy = (error: unknown): boolean =>
  error instanceof SqlError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);

export const isDamaged = (error: unknown): boolean =>
  error instanceof SqlError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
