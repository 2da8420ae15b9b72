import type { Logger } from 'aun-core';
import type { FileLayer } from './file-layer.js';
import { isMissing, systemCode } from './system-error.js';

/**
 * Takes the rights of group and others away from a file or directory that holds secrets (08 K4). Links are left
 * alone. A file system that refuses (another owner, no permissions at all) is reported and is no error.
 */
export function tightenMode(files: FileLayer, path: string, logger: Logger): void {
  if (process.platform === 'win32') return;
  try {
    const stat = files.stat(path, false);
    if ((stat.kind !== 'file' && stat.kind !== 'directory') || (stat.mode & 0o077) === 0) return;
    files.chmod(path, stat.mode & 0o700);
  } catch (error) {
    if (isMissing(error)) return;
    logger.warn('key store: other users may read this path and its mode cannot be changed', {
      path,
      code: systemCode(error),
    });
  }
}
