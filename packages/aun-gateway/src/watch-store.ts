import type { Clock } from 'aun-core';
import type { IdentityPlane } from './identity-plane.js';
import type { Database } from './store/database.js';

const intervalMs = 1000;

const dataVersion = (db: Database): unknown => db.rawAll('PRAGMA data_version')[0]?.data_version;

/**
 * Notices what operator commands of another process changed in the database (SQLite's `data_version`): caches are
 * dropped, and AIDs that were barred lose their connections.
 */
export const watchStore = (options: {
  readonly db: Database;
  readonly identity: IdentityPlane;
  readonly clock: Clock;
  readonly onBarred: (aid: string, reason: string) => void;
}): { stop(): void } => {
  const { clock, db, identity, onBarred } = options;
  let seen = dataVersion(db);
  let checkedAt = clock.now();
  const look = (): void => {
    const now = clock.now();
    const current = dataVersion(db);
    if (current !== seen) {
      seen = current;
      identity.directory.forget();
      identity.revocation.forget();
      for (const { aid, reason } of identity.store.barredSince(Math.floor(checkedAt / 1000) - 2))
        onBarred(aid, reason);
    }
    checkedAt = now;
    timer = clock.setTimeout(look, intervalMs, { background: true });
  };
  let timer = clock.setTimeout(look, intervalMs, { background: true });
  return { stop: () => clock.clearTimeout(timer) };
};
