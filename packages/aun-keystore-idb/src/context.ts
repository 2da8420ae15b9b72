import type { Clock, Logger, RandomBytes } from 'aun-core';
import type { Connection } from './db/connection.js';
import type { SeedKeyring } from './keys/seed-keyring.js';
import type { Platform } from './platform.js';
import type { IdentityLocks } from './tabs/identity-locks.js';
import type { ChangeNotices } from './tabs/notices.js';

/** What every operation of one open store works with. */
export interface StoreContext {
  /** `aun-keystore` (08 §10.1). */
  readonly keystore: Connection;
  /** `aun_v2` (08 §10.4). */
  readonly deviceKeys: Connection;
  /** `aun-keystore-local`: outbox and what else is only ours. */
  readonly local: Connection;
  readonly platform: Platform;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly logger: Logger;
  readonly keyring: SeedKeyring;
  /** Seed of this store; a seed change replaces it. */
  readonly seed: { current: string };
  readonly locks: IdentityLocks;
  readonly notices: ChangeNotices;
  /** Root in keys of cached cards (09 §7.3). */
  readonly agentMdRoot: string;
  /** Cards where there is no IndexedDB. Nothing else is ever kept in memory (08 §10.3). */
  readonly cardsInMemory: Map<string, unknown>;
}
