import { dirname, join } from 'node:path';
import { writeNew } from '../files/atomic-write.js';
import { ensureDirectory, removeTree } from '../files/directories.js';
import type { FileLayer } from '../files/file-layer.js';
import { isMissing, isTaken } from '../files/system-error.js';
import { isStale, type LockOwner, newOwner, ownerFile, readOwner } from './lock-owner.js';

/**
 * One attempt to take the lock directory. The owner file is created with O_EXCL inside it and decides: whoever
 * created it holds the lock, also when two processes removed the same stale directory.
 */
export function tryTakeLock(files: FileLayer, lock: string, token: string, now: number): boolean {
  ensureDirectory(files, dirname(lock));
  try {
    files.makeDirectory(lock, 0o700);
  } catch (error) {
    if (!isTaken(error)) throw error;
    breakIfStale(files, lock, token, now);
    return false;
  }
  try {
    writeOwner(files, ownerFile(lock), token, now);
    return true;
  } catch (error) {
    if (isTaken(error) || isMissing(error)) return false;
    removeIfPresent(files, lock);
    throw error;
  }
}

/** Removes the lock if it is still this token's; a lock that was taken away stays with its new owner. */
export function releaseLock(files: FileLayer, lock: string, token: string): void {
  if (readOwner(files, ownerFile(lock))?.token === token) removeIfPresent(files, lock);
}

/** Heartbeat: keeps the lock from looking abandoned. */
export function touchLock(files: FileLayer, lock: string, token: string, now: number): void {
  if (readOwner(files, ownerFile(lock))?.token !== token) return;
  try {
    files.touch(lock, now);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Not durable on purpose: a lock has no meaning after a power cut. */
function writeOwner(files: FileLayer, path: string, token: string, now: number): void {
  const bytes = new TextEncoder().encode(JSON.stringify(newOwner(token, now)));
  writeNew(files, path, bytes, { durable: false });
}

/**
 * Moves a stale lock out of the way. The marker inside it is created with O_EXCL, so only one process may move this
 * directory, and it looks at the owner again after that.
 */
function breakIfStale(files: FileLayer, lock: string, token: string, now: number): void {
  const owner = readOwner(files, ownerFile(lock));
  if (!isStale(files, lock, owner, now)) return;
  const marker = join(lock, 'breaking');
  try {
    writeOwner(files, marker, token, now);
  } catch (error) {
    if (isTaken(error)) removeStaleMarker(files, marker, now);
    else if (!isMissing(error)) throw error;
    return;
  }
  if (!sameOwner(owner, readOwner(files, ownerFile(lock)))) {
    removeFile(files, marker);
    return;
  }
  const aside = `${lock}.stale-${token}`;
  try {
    files.rename(lock, aside);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  removeIfPresent(files, aside);
}

/** A process that died while breaking leaves its marker behind. */
function removeStaleMarker(files: FileLayer, marker: string, now: number): void {
  if (isStale(files, marker, readOwner(files, marker), now)) removeFile(files, marker);
}

function sameOwner(a: LockOwner | null, b: LockOwner | null): boolean {
  return a?.pid === b?.pid && a?.ts === b?.ts && a?.token === b?.token;
}

function removeIfPresent(files: FileLayer, path: string): void {
  try {
    removeTree(files, path);
  } catch (error) {
    if (!isMissing(error) && !isTaken(error)) throw error;
  }
}

function removeFile(files: FileLayer, path: string): void {
  try {
    files.unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
