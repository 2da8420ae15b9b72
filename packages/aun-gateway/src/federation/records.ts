import type { Database } from '../store/database.js';

/** What is remembered of other issuers across restarts, besides the outbox. */
export interface FederationRecords {
  /** The issuer proved itself now, on a connection in either direction. */
  reached(issuer: string, nowMs: number): void;
  wasReached(issuer: string): boolean;
  /** A message went to (or waits for) another issuer; for recalls. */
  sent(fromAid: string, messageId: string, toAid: string, expiresAt: number): void;
  recipientsOf(fromAid: string, messageId: string): string[];
  /** The outcome of a relayed call that changed something. */
  outcome(fromIssuer: string, relayId: string, nowMs: number): string | null;
  remember(fromIssuer: string, relayId: string, outcome: string, expiresAt: number): void;
  sweep(nowMs: number): void;
}

export const createFederationRecords = (db: Database): FederationRecords => {
  const reached = db.statement<{ issuer: string; now: number }>((q, p) =>
    q
      .insertInto('federation_peers')
      .values({ issuer: p.issuer, first_reached: p.now, last_reached: p.now })
      .onConflict((conflict) => conflict.column('issuer').doUpdateSet({ last_reached: p.now })),
  );
  const known = db.statement<{ issuer: string }, { issuer: string }>((q, p) =>
    q.selectFrom('federation_peers').select('issuer').where('issuer', '=', p.issuer),
  );
  const sent = db.statement<{ from: string; messageId: string; to: string; expiresAt: number }>((q, p) =>
    q
      .insertInto('federation_sent')
      .values({ from_aid: p.from, message_id: p.messageId, to_aid: p.to, expires_at: p.expiresAt })
      .onConflict((conflict) => conflict.doNothing()),
  );
  const recipients = db.statement<{ from: string; messageId: string }, { to_aid: string }>((q, p) =>
    q
      .selectFrom('federation_sent')
      .select('to_aid')
      .where('from_aid', '=', p.from)
      .where('message_id', '=', p.messageId),
  );
  const outcome = db.statement<{ from: string; relayId: string; now: number }, { outcome: string }>((q, p) =>
    q
      .selectFrom('federation_relays')
      .select('outcome')
      .where('from_issuer', '=', p.from)
      .where('relay_id', '=', p.relayId)
      .where('expires_at', '>', p.now),
  );
  const remember = db.statement<{ from: string; relayId: string; outcome: string; expiresAt: number }>(
    (q, p) =>
      q
        .insertInto('federation_relays')
        .values({ from_issuer: p.from, relay_id: p.relayId, outcome: p.outcome, expires_at: p.expiresAt })
        .onConflict((conflict) => conflict.doNothing()),
  );
  const dropSent = db.statement<{ now: number }>((q, p) =>
    q.deleteFrom('federation_sent').where('expires_at', '<=', p.now),
  );
  const dropRelays = db.statement<{ now: number }>((q, p) =>
    q.deleteFrom('federation_relays').where('expires_at', '<=', p.now),
  );
  return {
    reached: (issuer, now) => void reached.run({ issuer, now }),
    wasReached: (issuer) => known.get({ issuer }) !== undefined,
    sent: (from, messageId, to, expiresAt) => void sent.run({ from, messageId, to, expiresAt }),
    recipientsOf: (from, messageId) => recipients.all({ from, messageId }).map((row) => row.to_aid),
    outcome: (from, relayId, now) => outcome.get({ from, relayId, now })?.outcome ?? null,
    remember: (from, relayId, text, expiresAt) =>
      void remember.run({ from, relayId, outcome: text, expiresAt }),
    sweep(now) {
      db.transaction(() => {
        dropSent.run({ now });
        dropRelays.run({ now });
      });
    },
  };
};
