import { LRUCache } from 'lru-cache';
import type { Database } from '../../store/database.js';

/** Whom to tell that messages wait for an AID; the token is the push agent's business. */
export interface PushConfig {
  readonly notifyAid: string;
  readonly token: string;
}

const REMEMBERED = 20_000;

export interface PushConfigStore {
  find(aid: string): PushConfig | null;
  /** Inside a transaction. Null removes it. */
  save(aid: string, config: PushConfig | null, nowMs: number): void;
}

export function createPushConfigStore(db: Database): PushConfigStore {
  const known = new LRUCache<string, { readonly config: PushConfig | null }>({ max: REMEMBERED });
  const find = db.statement<{ aid: string }, { push_notify_aid: string; push_token: string }>((q, p) =>
    q.selectFrom('push_config').select(['push_notify_aid', 'push_token']).where('aid', '=', p.aid),
  );
  const put = db.statement<{ aid: string; notifyAid: string; token: string; now: number }>((q, p) =>
    q.replaceInto('push_config').values({
      aid: p.aid,
      push_notify_aid: p.notifyAid,
      push_token: p.token,
      updated_at: p.now,
    }),
  );
  const remove = db.statement<{ aid: string }>((q, p) =>
    q.deleteFrom('push_config').where('aid', '=', p.aid),
  );
  return {
    find(aid) {
      const cached = known.get(aid);
      if (cached !== undefined) return cached.config;
      const row = find.get({ aid });
      const config = row === undefined ? null : { notifyAid: row.push_notify_aid, token: row.push_token };
      known.set(aid, { config });
      return config;
    },
    save(aid, config, now) {
      // Read again afterwards: the transaction may yet be rolled back.
      known.delete(aid);
      if (config === null) remove.run({ aid });
      else put.run({ aid, ...config, now });
    },
  };
}
