import { type Clock, KeyStoreError, type Logger, noopLogger, type RandomBytes, systemClock } from 'aun-core';
import { randomBytes } from 'aun-crypto';
import type { StoreContext } from './context.js';
import { Connection } from './db/connection.js';
import { deviceKeysDatabase } from './db/device-keys-database.js';
import { keystoreDatabase } from './db/keystore-database.js';
import { localDatabase } from './db/local-database.js';
import { SeedKeyring } from './keys/seed-keyring.js';
import { globalPlatform, type Platform } from './platform.js';
import { agentMdRoot } from './record-keys.js';
import { IdentityLocks } from './tabs/identity-locks.js';
import { ChangeNotices } from './tabs/notices.js';

export interface IdbKeyStoreOptions {
  /** Input of the key derivation, used as it is; left out it is the empty seed, whose key is publicly known (08 §10.2). */
  readonly seed?: string;
  /**
   * `aunPath`: prefixes the keys of cached cards and nothing else. Identities are those of the origin, whatever the
   * path (08 §10.1).
   */
  readonly path?: string;
  readonly clock?: Clock;
  readonly random?: RandomBytes;
  readonly logger?: Logger;
  /** How long a call waits for a lock another tab or flow holds, in ms; default 30 000. */
  readonly lockWaitMs?: number;
  /** What the browser gives; tests pass their own. */
  readonly platform?: Platform;
}

const LOCK_WAIT_MS = 30_000;

export function openContext(options: IdbKeyStoreOptions): StoreContext {
  const { seed = '', path = '' } = options;
  if (typeof seed !== 'string') throw new KeyStoreError('invalid_argument', 'seed: must be a string');
  if (typeof path !== 'string') throw new KeyStoreError('invalid_argument', 'path: must be a string');
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? noopLogger;
  const platform = options.platform ?? globalPlatform;
  return {
    keystore: new Connection(keystoreDatabase, platform, logger),
    deviceKeys: new Connection(deviceKeysDatabase, platform, logger),
    local: new Connection(localDatabase, platform, logger),
    platform,
    clock,
    random: options.random ?? randomBytes,
    logger,
    keyring: new SeedKeyring(),
    seed: { current: seed },
    locks: new IdentityLocks(platform, clock, options.lockWaitMs ?? LOCK_WAIT_MS),
    notices: new ChangeNotices(platform),
    agentMdRoot: agentMdRoot(path),
    cardsInMemory: new Map(),
  };
}
