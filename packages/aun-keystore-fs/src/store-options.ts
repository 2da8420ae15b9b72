import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Clock, KeyStoreError, type Logger, noopLogger, type RandomBytes, systemClock } from 'aun-core';
import { randomBytes } from 'aun-crypto';
import type { StoreContext } from './context.js';
import { DatabasePool } from './db/pool.js';
import type { FileLayer } from './files/file-layer.js';
import { nodeFiles } from './files/node-files.js';
import { SeedKeyring } from './keys/seed-keyring.js';
import { storeLayout } from './layout.js';

export interface FsKeyStoreOptions {
  /** Root directory (`aunPath`); empty means `~/.aun`, a leading `~` is the home directory. Made on first writing. */
  readonly path: string;
  /** Input of the key derivation, used as it is; the empty seed is allowed and publicly known (08 §4.2). */
  readonly seed: string;
  readonly clock?: Clock;
  readonly random?: RandomBytes;
  readonly logger?: Logger;
  /**
   * How long an asynchronous call waits for a lock of another process; default 30 000. A synchronous one never waits
   * longer than 2 s for a lock, and no call longer than 5 s for a locked database.
   */
  readonly lockWaitMs?: number;
  /** The disk; tests pass a layer that counts, fails or kills. */
  readonly files?: FileLayer;
}

const SYNC_LOCK_WAIT_MS = 2_000;
const ASYNC_LOCK_WAIT_MS = 30_000;
const DATABASE_WAIT_MS = 5_000;

/** Contexts of the two faces: they differ only in how long they wait for a lock (08 §8.1). */
export function openContexts(options: FsKeyStoreOptions): {
  readonly sync: StoreContext;
  readonly async: StoreContext;
} {
  if (typeof options.path !== 'string') throw new KeyStoreError('invalid_argument', 'path: must be a string');
  if (typeof options.seed !== 'string') throw new KeyStoreError('invalid_argument', 'seed: must be a string');
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? noopLogger;
  const files = options.files ?? nodeFiles;
  const async: StoreContext = {
    layout: storeLayout(rootPath(options.path)),
    files,
    clock,
    random: options.random ?? randomBytes,
    logger,
    keyring: new SeedKeyring(),
    databases: new DatabasePool(files, clock, logger),
    seed: { current: options.seed },
    lockWaitMs: options.lockWaitMs ?? ASYNC_LOCK_WAIT_MS,
    databaseWaitMs: Math.min(options.lockWaitMs ?? DATABASE_WAIT_MS, DATABASE_WAIT_MS),
  };
  const lockWaitMs = Math.min(async.lockWaitMs, SYNC_LOCK_WAIT_MS);
  return { async, sync: { ...async, lockWaitMs } };
}

function rootPath(path: string): string {
  if (path === '') return join(homedir(), '.aun');
  if (path === '~' || path.startsWith('~/') || path.startsWith('~\\')) return join(homedir(), path.slice(1));
  return resolve(path);
}
