import type { Clock, Logger, RandomBytes } from 'aun-core';
import type { DatabasePool } from './db/pool.js';
import type { FileLayer } from './files/file-layer.js';
import type { SeedKeyring } from './keys/seed-keyring.js';
import type { Layout } from './layout.js';

/** What every operation of one open store works with. */
export interface StoreContext {
  readonly layout: Layout;
  readonly files: FileLayer;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly logger: Logger;
  readonly keyring: SeedKeyring;
  readonly databases: DatabasePool;
  /** Seed of this store (08 §4.2); a seed change replaces it. */
  readonly seed: SeedCell;
  /** How long an operation waits for a lock: a synchronous call 2 s, an asynchronous one longer. */
  readonly lockWaitMs: number;
  /** How long an operation waits while another process writes to a database: 5 s (08 §7.1). */
  readonly databaseWaitMs: number;
}

export interface SeedCell {
  current: string;
}
