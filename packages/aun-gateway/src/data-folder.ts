import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import LibsqlDatabase from 'libsql';

/** The data folder cannot be used; the message is one sentence for the operator. */
export class DataFolderError extends Error {
  override readonly name = 'DataFolderError';
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);

/** Step by step: the recursive form never returns where the system answers ENOENT below an existing folder (/proc). */
const makeFolder = (path: string): void => {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
};

/** Makes the folder (0700) and checks that this user may write there. */
export const prepareDataFolder = (folder: string): string => {
  const path = resolve(folder);
  try {
    makeFolder(path);
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new DataFolderError(
      `The data folder ${path} cannot be used (${codeOf(cause)}); choose another one or give this user the right to write there.`,
      { cause },
    );
  }
  return path;
};

/** Held while a gateway uses its folder; the system releases it when the process dies. */
export interface FolderLock {
  release(): void;
}

/** Two gateways must not share a folder: an exclusive SQLite transaction on a file of its own is the lock. */
export const lockDataFolder = (folder: string): FolderLock => {
  const lock = new LibsqlDatabase(join(folder, '.lock'));
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new DataFolderError(`Another gateway uses the data folder ${folder}; stop it first.`, { cause });
  }
  return { release: () => lock.close() };
};
