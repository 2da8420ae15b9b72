import { KeyStoreError } from 'aun-core';
import { utf8Encode } from 'aun-crypto';
import type { StoreContext } from '../context.js';
import { writeNew } from '../files/atomic-write.js';
import { readTextIfPresent, statIfPresent } from '../files/read.js';
import { isMissing, isTaken } from '../files/system-error.js';
import type { IdentityPaths } from '../layout.js';
import { whileLocked } from '../lock/identity-lock.js';
import type { Steps } from '../steps.js';

const WAIT_MS = 5_000;
const POLL_MS = 25;
const STALE_AFTER_MS = 30_000;

/** Holds `agentmd.json.lock`, shared with the public SDKs: made with O_EXCL, holds `<pid>\n` (09 §7.1). */
export function* withAgentMdLock<T>(context: StoreContext, paths: IdentityPaths, work: () => T): Steps<T> {
  const path = paths.agentMdLock;
  const deadline = performance.now() + WAIT_MS;
  while (!tryTake(context, path)) {
    if (isAbandoned(context, path)) yield* whileLocked(context, paths.name, () => breakIt(context, path));
    if (performance.now() >= deadline) {
      throw new KeyStoreError('busy', `agent.md lock timeout: ${path} is held by another process`);
    }
    yield { kind: 'sleep', ms: POLL_MS };
  }
  try {
    return work();
  } finally {
    removeIfPresent(context, path);
  }
}

function tryTake(context: StoreContext, path: string): boolean {
  try {
    writeNew(context.files, path, utf8Encode(`${process.pid}\n`), { durable: false });
    return true;
  } catch (error) {
    if (!isTaken(error)) throw error;
    return false;
  }
}

/** Under the identity lock, so that of several that saw the same leftover none removes the lock of the next owner. */
function breakIt(context: StoreContext, path: string): void {
  if (isAbandoned(context, path)) removeIfPresent(context, path);
}

function isAbandoned(context: StoreContext, path: string): boolean {
  const stat = statIfPresent(context.files, path, false);
  if (stat === null) return false;
  const age = Math.abs(Date.now() - stat.mtimeMs);
  if (age > STALE_AFTER_MS) return true;
  const pid = Number.parseInt(readTextIfPresent(context.files, path) ?? '', 10);
  // Without a pid the owner died between creating and writing; a second is far more than that takes.
  return Number.isInteger(pid) ? age > 250 && !isAlive(pid) : age > 1_000;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code !== 'ESRCH';
  }
}

function removeIfPresent(context: StoreContext, path: string): void {
  try {
    context.files.unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
