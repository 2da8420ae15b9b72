import { hostname } from 'node:os';
import { join } from 'node:path';
import { isJsonObject, tryParseJson } from 'aun-core';
import { hexEncode, randomBytes } from 'aun-crypto';
import type { FileLayer } from '../files/file-layer.js';
import { readTextIfPresent, statIfPresent } from '../files/read.js';
import { systemCode } from '../files/system-error.js';

/** `owner.json` of a lock directory (08 §8.1). `host` and `token` are ours; the public SDKs write pid and ts. */
export interface LockOwner {
  readonly pid: number;
  readonly ts: number;
  readonly host?: string;
  readonly token?: string;
}

/** After this long without a heartbeat a lock is stale, whoever holds it. */
export const STALE_AFTER_MS = 30_000;
/** Between creating and writing the owner there are microseconds: a lock without owner is soon taken for abandoned. */
const OWNERLESS_AFTER_MS = 1_000;

const thisHost = hostname();

export const ownerFile = (lock: string): string => join(lock, 'owner.json');

/** Tokens of this module instance begin so: a lock with one that is not held here any more is a failed release. */
export const TOKEN_PREFIX = `${process.pid}-${hexEncode(randomBytes(6))}-`;

export function newOwner(token: string, now: number): LockOwner {
  return { pid: process.pid, ts: now, host: thisHost, token };
}

/** The owner written in `file`; null when it is missing or half written. */
export function readOwner(files: FileLayer, file: string): LockOwner | null {
  const text = readTextIfPresent(files, file);
  const value = text === null ? undefined : tryParseJson(text);
  if (!isJsonObject(value) || typeof value.pid !== 'number') return null;
  return {
    pid: value.pid,
    ts: typeof value.ts === 'number' ? value.ts : 0,
    ...(typeof value.host === 'string' ? { host: value.host } : {}),
    ...(typeof value.token === 'string' ? { token: value.token } : {}),
  };
}

/** True when nobody can be working under this lock (or marker) any more; false also when it has just gone. */
export function isStale(files: FileLayer, path: string, owner: LockOwner | null, now: number): boolean {
  const stat = statIfPresent(files, path, false);
  if (stat === null) return false;
  // A clock set back leaves mtimes in the future: distance counts, not order.
  const age = Math.abs(now - stat.mtimeMs);
  if (age > STALE_AFTER_MS) return true;
  if (owner === null) return age > OWNERLESS_AFTER_MS;
  // The caller does not hold this lock, or it would not be waiting for it.
  if (isHere(owner) && owner.token?.startsWith(TOKEN_PREFIX) === true) return true;
  return isHere(owner) && !isAlive(owner.pid);
}

/** The pid means something only on its own host (a container sharing the directory has pids of its own). */
const isHere = (owner: LockOwner): boolean => owner.host === undefined || owner.host === thisHost;

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}
