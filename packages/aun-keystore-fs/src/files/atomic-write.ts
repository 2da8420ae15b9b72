import { dirname } from 'node:path';
import { ensureDirectory } from './directories.js';
import type { FileLayer } from './file-layer.js';

export const FILE_MODE = 0o600;

/** A name for a temporary file beside `path`, unique enough for O_EXCL. */
export type TempName = (path: string) => string;

/**
 * Replaces `path` as a whole or not at all (08 K3): temporary file in the same directory, write, fsync, rename, fsync
 * of the directory. A symbolic link at `path` is replaced, never written through.
 */
export function writeAtomic(files: FileLayer, path: string, bytes: Uint8Array, tempName: TempName): void {
  const directory = dirname(path);
  ensureDirectory(files, directory);
  const temp = tempName(path);
  writeNew(files, temp, bytes);
  try {
    files.rename(temp, path);
  } catch (error) {
    discard(files, temp);
    throw error;
  }
  files.fsyncDirectory(directory);
}

/** Creates a file that must not exist; durable except for its name. Leaves nothing behind when it fails. */
export function writeNew(
  files: FileLayer,
  path: string,
  bytes: Uint8Array,
  options: { readonly durable: boolean } = { durable: true },
): void {
  const handle = files.open(path, 'create', FILE_MODE);
  try {
    try {
      files.write(handle, bytes);
      if (options.durable) files.fsync(handle);
    } finally {
      files.close(handle);
    }
  } catch (error) {
    discard(files, path);
    throw error;
  }
}

/** Clean-up after a failure: the failure is what the caller must hear of, not the clean-up. */
function discard(files: FileLayer, path: string): void {
  try {
    files.unlink(path);
  } catch {
    // A leftover temporary file is harmless and is removed when it is old.
  }
}
