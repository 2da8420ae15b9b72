import type { Logger } from 'aun-core';
import type { FileLayer } from '../files/file-layer.js';
import { systemCode } from '../files/system-error.js';
import { touchLock } from './lock-directory.js';

const HEARTBEAT_MS = 5_000;
/** A seed change may hold ten thousand locks and asks after every file. */
const BEAT_AT_MOST_EVERY_MS = 500;

/** A lock this process holds. Ordinary holders share it; an exclusive one (seed change) does not. */
export interface HeldLock {
  readonly path: string;
  readonly token: string;
  readonly exclusive: boolean;
  readonly files: FileLayer;
  readonly logger: Logger;
  holders: number;
  touchedAt: number;
}

/** Locks are per process, not per store object: several stores may be open on one path (08 §8.1). */
const held = new Map<string, HeldLock>();
let heartbeat: ReturnType<typeof setInterval> | undefined;
let beatAt = 0;

export const heldLock = (path: string): HeldLock | undefined => held.get(path);

export function addHeld(lock: HeldLock): void {
  held.set(lock.path, lock);
  if (heartbeat !== undefined) return;
  heartbeat = setInterval(() => beat(Date.now()), HEARTBEAT_MS);
  heartbeat.unref();
}

export function removeHeld(path: string): void {
  held.delete(path);
  if (held.size > 0) return;
  clearInterval(heartbeat);
  heartbeat = undefined;
}

/** Touches the locks that need it; long synchronous work calls this itself, since timers cannot run meanwhile. */
export function beat(now: number): void {
  if (Math.abs(now - beatAt) < BEAT_AT_MOST_EVERY_MS) return;
  beatAt = now;
  for (const lock of held.values()) {
    if (Math.abs(now - lock.touchedAt) < HEARTBEAT_MS) continue;
    lock.touchedAt = now;
    try {
      touchLock(lock.files, lock.path, lock.token, now);
    } catch (error) {
      lock.logger.warn('key store: cannot refresh a lock', { path: lock.path, code: systemCode(error) });
    }
  }
}
