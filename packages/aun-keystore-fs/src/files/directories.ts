import { dirname, join } from 'node:path';
import type { FileLayer } from './file-layer.js';
import { isMissing, isTaken } from './system-error.js';

export const DIRECTORY_MODE = 0o700;

/** Makes a directory and its parents with mode 0700 and makes their names durable (08 K4). */
export function ensureDirectory(files: FileLayer, path: string): void {
  if (isDirectory(files, path)) return;
  const parent = dirname(path);
  if (parent !== path) ensureDirectory(files, parent);
  try {
    files.makeDirectory(path, DIRECTORY_MODE);
  } catch (error) {
    if (isTaken(error) && isDirectory(files, path)) return;
    throw error;
  }
  files.fsyncDirectory(parent);
}

export function isDirectory(files: FileLayer, path: string): boolean {
  try {
    return files.stat(path, true).kind === 'directory';
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Removes a directory with everything in it; links are removed, not followed. */
export function removeTree(files: FileLayer, path: string): void {
  for (const name of files.list(path)) {
    const child = join(path, name);
    if (files.stat(child, false).kind === 'directory') removeTree(files, child);
    else files.unlink(child);
  }
  files.removeDirectory(path);
}
