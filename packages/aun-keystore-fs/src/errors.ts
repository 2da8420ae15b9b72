import { KeyStoreError, type KeyStoreErrorCode } from 'aun-core';
import { SqlError } from './files/sql-database.js';
import { systemCode } from './files/system-error.js';

/** What leaves the store: a `KeyStoreError`, or a programming error as it is. */
export function toKeyStoreError(error: unknown): unknown {
  if (error instanceof KeyStoreError) return error;
  if (error instanceof SqlError) {
    return new KeyStoreError(databaseCode(error.code), `database: ${error.message} (${error.code})`, {
      cause: error,
    });
  }
  const code = systemCode(error);
  if (code === undefined || !(error instanceof Error) || !('syscall' in error)) return error;
  return new KeyStoreError(fileCode(code), `file system: ${error.message}`, { cause: error });
}

function fileCode(code: string): KeyStoreErrorCode {
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') return 'no_space';
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return 'read_only';
  return 'io';
}

function databaseCode(code: string): KeyStoreErrorCode {
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return 'busy';
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return 'database_corrupt';
  if (/^SQLITE_FULL/.test(code)) return 'no_space';
  if (/^SQLITE_(READONLY|PERM|AUTH|CANTOPEN)/.test(code)) return 'read_only';
  return 'io';
}
