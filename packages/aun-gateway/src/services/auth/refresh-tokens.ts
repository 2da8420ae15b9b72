import type { Clock, RandomBytes } from 'aun-core';
import { base64UrlEncode, hexEncode, sha256, utf8Encode } from 'aun-crypto';
import type { Database } from '../../store/database.js';
import type { RefreshTokenRow } from '../../store/tables/identity.js';

export interface RefreshPolicy {
  readonly ttl: number;
  readonly familyTtl: number;
  readonly max: number;
  /** A rotated token still works for so many seconds (01 §11.2). */
  readonly grace: number;
}

export interface IssuedRefreshToken {
  readonly token: string;
  readonly family: string;
  readonly count: number;
}

const statements = (db: Database) => ({
  find: db.statement<{ hash: string }, RefreshTokenRow>((q, p) =>
    q.selectFrom('refresh_tokens').selectAll().where('token_hash', '=', p.hash),
  ),
  familyCount: db.statement<{ family: string }, { count: number }>((q, p) =>
    q
      .selectFrom('refresh_tokens')
      .select('count')
      .where('family', '=', p.family)
      .orderBy('count', 'desc')
      .limit(1),
  ),
  insert: db.statement<RefreshTokenRow>((q, p) =>
    q.insertInto('refresh_tokens').values({
      token_hash: p.token_hash,
      family: p.family,
      aid: p.aid,
      issued_at: p.issued_at,
      expires_at: p.expires_at,
      family_started_at: p.family_started_at,
      count: p.count,
      consumed_at: p.consumed_at,
    }),
  ),
  consume: db.statement<{ hash: string; at: number }>((q, p) =>
    q
      .updateTable('refresh_tokens')
      .set({ consumed_at: p.at })
      .where('token_hash', '=', p.hash)
      .where('consumed_at', 'is', null),
  ),
  dropAid: db.statement<{ aid: string }>((q, p) => q.deleteFrom('refresh_tokens').where('aid', '=', p.aid)),
  dropExpired: db.statement<{ before: number }>((q, p) =>
    q.deleteFrom('refresh_tokens').where('expires_at', '<', p.before),
  ),
});

/** Hash under which a refresh token is stored; the token itself is never kept. */
export const refreshTokenHash = (token: string): string => hexEncode(sha256(utf8Encode(token)));

/**
 * Rotating refresh tokens (01 §11.2). All methods are synchronous and belong inside a transaction: a token is
 * exchanged as a whole or not at all.
 */
export class RefreshTokens {
  readonly #policy: RefreshPolicy;
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  readonly #run: ReturnType<typeof statements>;

  constructor(deps: { db: Database; policy: RefreshPolicy; clock: Clock; random: RandomBytes }) {
    this.#policy = deps.policy;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#run = statements(deps.db);
  }

  #now(): number {
    return Math.floor(this.#clock.now() / 1000);
  }

  /** First token of a new family, after a login. */
  start(aid: string): IssuedRefreshToken {
    return this.#add({ aid, family: hexEncode(this.#random(16)), startedAt: this.#now(), count: 0 });
  }

  #add(next: { aid: string; family: string; startedAt: number; count: number }): IssuedRefreshToken {
    const now = this.#now();
    const token = `rt_${base64UrlEncode(this.#random(32))}`;
    this.#run.insert.run({
      token_hash: refreshTokenHash(token),
      family: next.family,
      aid: next.aid,
      issued_at: now,
      expires_at: Math.min(now + this.#policy.ttl, next.startedAt + this.#policy.familyTtl),
      family_started_at: next.startedAt,
      count: next.count,
      consumed_at: null,
    });
    return { token, family: next.family, count: next.count };
  }

  /** The stored row of a token that may be exchanged now; undefined when unknown, expired, spent or used up. */
  usable(token: string): RefreshTokenRow | undefined {
    const row = this.#run.find.get({ hash: refreshTokenHash(token) });
    if (row === undefined) return undefined;
    const now = this.#now();
    if (now >= row.expires_at || now >= row.family_started_at + this.#policy.familyTtl) return undefined;
    if (row.consumed_at !== null && now > row.consumed_at + this.#policy.grace) return undefined;
    return this.#familyCount(row.family) < this.#policy.max ? row : undefined;
  }

  #familyCount(family: string): number {
    return this.#run.familyCount.get({ family })?.count ?? 0;
  }

  /** Spends `row` (the first use starts its grace period) and issues the next token of the family. */
  rotate(row: RefreshTokenRow): IssuedRefreshToken {
    this.#run.consume.run({ hash: row.token_hash, at: this.#now() });
    return this.#add({
      aid: row.aid,
      family: row.family,
      startedAt: row.family_started_at,
      count: this.#familyCount(row.family) + 1,
    });
  }

  /** All families of an AID end (rekey, suspension, revocation). */
  dropAid(aid: string): void {
    this.#run.dropAid.run({ aid });
  }

  dropExpired(): void {
    this.#run.dropExpired.run({ before: this.#now() });
  }
}
