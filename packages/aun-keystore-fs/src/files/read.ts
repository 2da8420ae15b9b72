import type { FileLayer, FileStat } from './file-layer.js';
import { isMissing } from './system-error.js';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Content of a file; null when there is none. */
export function readIfPresent(files: FileLayer, path: string): Uint8Array | null {
  try {
    return files.read(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Text of a file, malformed UTF-8 replaced; null when there is none. */
export function readTextIfPresent(files: FileLayer, path: string): string | null {
  const bytes = readIfPresent(files, path);
  return bytes === null ? null : decoder.decode(bytes);
}

export function statIfPresent(files: FileLayer, path: string, follow = true): FileStat | null {
  try {
    return files.stat(path, follow);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

export const exists = (files: FileLayer, path: string): boolean => statIfPresent(files, path) !== null;

/** Names in a directory; empty when there is none. */
export function listIfPresent(files: FileLayer, path: string): readonly string[] {
  try {
    return files.list(path);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
