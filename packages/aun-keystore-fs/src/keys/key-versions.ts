import { basename, dirname } from 'node:path';
import type { StoreContext } from '../context.js';
import { writeNew } from '../files/atomic-write.js';
import { listIfPresent, readIfPresent } from '../files/read.js';
import { isTaken } from '../files/system-error.js';

/** Numbers N of the backups `{path}.vN`, ascending (08 §4.5). */
export function backupNumbers(context: StoreContext, path: string): readonly number[] {
  const prefix = `${basename(path)}.v`;
  return listIfPresent(context.files, dirname(path))
    .filter((name) => name.startsWith(prefix) && /^[1-9][0-9]{0,8}$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((a, b) => a - b);
}

/** Writes `bytes` to the first free `{path}.vN`; nothing when the newest backup already holds them. */
export function writeBackup(context: StoreContext, path: string, bytes: Uint8Array): void {
  const numbers = backupNumbers(context, path);
  const newest = numbers.at(-1);
  if (newest !== undefined) {
    const last = readIfPresent(context.files, `${path}.v${newest}`);
    if (last !== null && Buffer.compare(last, bytes) === 0) return;
  }
  for (let number = firstFree(numbers); ; number += 1) {
    try {
      writeNew(context.files, `${path}.v${number}`, bytes);
      context.files.fsyncDirectory(dirname(path));
      return;
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
}

function firstFree(numbers: readonly number[]): number {
  const taken = new Set(numbers);
  let number = 1;
  while (taken.has(number)) number += 1;
  return number;
}
