import { basename, dirname, join } from 'node:path';
import { hexEncode } from 'aun-crypto';
import type { StoreContext } from '../context.js';
import { writeAtomic } from './atomic-write.js';
import { listIfPresent, statIfPresent } from './read.js';
import { isMissing } from './system-error.js';

/** A temporary file this old has no writer any more (08 §2). */
const ABANDONED_AFTER_MS = 10 * 60 * 1000;

type FileContext = Pick<StoreContext, 'files' | 'clock' | 'random'>;

/** `{name}.tmp-<pid>-<ms>-<8 hex>` beside the file (08 §2). */
export function tempName(context: FileContext, path: string): string {
  return `${path}.tmp-${process.pid}-${context.clock.now()}-${hexEncode(context.random(4))}`;
}

/** Writes a file atomically (08 K3), and removes what killed writers of the same file left behind. */
export function replaceFile(context: FileContext, path: string, bytes: Uint8Array): void {
  removeTemps(context, path, ABANDONED_AFTER_MS);
  writeAtomic(context.files, path, bytes, (target) => tempName(context, target));
}

/** Removes temporary files of `path` that are older than `ageMs`. */
export function removeTemps(context: FileContext, path: string, ageMs: number): void {
  const prefix = `${basename(path)}.tmp-`;
  for (const name of listIfPresent(context.files, dirname(path))) {
    if (!name.startsWith(prefix)) continue;
    const temp = join(dirname(path), name);
    const stat = statIfPresent(context.files, temp, false);
    if (stat?.kind !== 'file' || Date.now() - stat.mtimeMs < ageMs) continue;
    try {
      context.files.unlink(temp);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}
