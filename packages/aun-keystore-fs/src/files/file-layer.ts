import type { SqlDatabase } from './sql-database.js';

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  readonly size: number;
  readonly mtimeMs: number;
  readonly mode: number;
  /** Tells one file from another under the same name: device and inode. */
  readonly id: string;
}

/** `read`: existing file; `create`: O_CREAT|O_EXCL, never through a symbolic link. */
export type OpenMode = 'read' | 'create';

/**
 * Every touch of the disk goes through this one layer, so that a test can count, fail or kill at each of them.
 * Methods throw what the system throws (`error.code` such as `ENOENT`).
 */
export interface FileLayer {
  open(path: string, mode: OpenMode, permissions?: number): number;
  read(path: string): Uint8Array;
  write(handle: number, bytes: Uint8Array): void;
  fsync(handle: number): void;
  close(handle: number): void;
  /** Makes the names in a directory durable; a no-op where the platform cannot. */
  fsyncDirectory(path: string): void;
  rename(from: string, to: string): void;
  link(existing: string, path: string): void;
  unlink(path: string): void;
  makeDirectory(path: string, permissions: number): void;
  removeDirectory(path: string): void;
  list(path: string): readonly string[];
  /** Does not follow symbolic links when `follow` is false. */
  stat(path: string, follow: boolean): FileStat;
  chmod(path: string, permissions: number): void;
  touch(path: string, timeMs: number): void;
  database(path: string): SqlDatabase;
}
