import type { Database } from '../store/database.js';

/** A message that waits for the gateway of its recipient. */
export interface WaitingMessage {
  readonly fromAid: string;
  readonly toAid: string;
  readonly messageId: string;
  readonly relayId: string;
  /** JSON text of the relay's params (02 §20.4). */
  readonly relay: string;
  readonly acceptedAt: number;
  readonly expiresAt: number;
}

export interface StoredMessage extends WaitingMessage {
  readonly outboxId: number;
}

interface Row {
  outbox_id: number;
  from_aid: string;
  to_aid: string;
  message_id: string;
  relay_id: string;
  relay: string;
  accepted_at: number;
  expires_at: number;
}

const decode = (row: Row): StoredMessage => ({
  outboxId: row.outbox_id,
  fromAid: row.from_aid,
  toAid: row.to_aid,
  messageId: row.message_id,
  relayId: row.relay_id,
  relay: row.relay,
  acceptedAt: row.accepted_at,
  expiresAt: row.expires_at,
});

/** Sender and recipient: messages of a pair keep their order. */
export interface Pair {
  readonly fromAid: string;
  readonly toAid: string;
}

export interface OutboxStore {
  /** False when the same message waits already. */
  insert(message: WaitingMessage): boolean;
  /** The oldest message of a pair. */
  head(pair: Pair): StoredMessage | null;
  find(fromAid: string, messageId: string): StoredMessage[];
  /** False when it was gone already. */
  remove(outboxId: number): boolean;
  expired(nowMs: number, limit: number): StoredMessage[];
  /** How many wait for each pair. */
  backlog(): readonly (Pair & { readonly count: number })[];
}

export const createOutboxStore = (db: Database): OutboxStore => {
  const insert = db.statement<WaitingMessage, { outbox_id: number }>((q, p) =>
    q
      .insertInto('federation_outbox')
      .values({
        from_aid: p.fromAid,
        to_aid: p.toAid,
        message_id: p.messageId,
        relay_id: p.relayId,
        relay: p.relay,
        accepted_at: p.acceptedAt,
        expires_at: p.expiresAt,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('outbox_id'),
  );
  const head = db.statement<Pair, Row>((q, p) =>
    q
      .selectFrom('federation_outbox')
      .selectAll()
      .where('from_aid', '=', p.fromAid)
      .where('to_aid', '=', p.toAid)
      .orderBy('outbox_id')
      .limit(1),
  );
  const find = db.statement<{ fromAid: string; messageId: string }, Row>((q, p) =>
    q
      .selectFrom('federation_outbox')
      .selectAll()
      .where('from_aid', '=', p.fromAid)
      .where('message_id', '=', p.messageId),
  );
  const remove = db.statement<{ outboxId: number }>((q, p) =>
    q.deleteFrom('federation_outbox').where('outbox_id', '=', p.outboxId),
  );
  const expired = db.statement<{ now: number; limit: number }, Row>((q, p) =>
    q.selectFrom('federation_outbox').selectAll().where('expires_at', '<=', p.now).limit(p.limit),
  );
  const backlog = db.statement<object, { from_aid: string; to_aid: string; waiting: number }>((q) =>
    q
      .selectFrom('federation_outbox')
      .select((row) => ['from_aid', 'to_aid', row.fn.countAll<number>().as('waiting')])
      .groupBy(['from_aid', 'to_aid']),
  );
  return {
    insert: ({ fromAid, toAid, messageId, relayId, relay, acceptedAt, expiresAt }) =>
      insert.get({ fromAid, toAid, messageId, relayId, relay, acceptedAt, expiresAt }) !== undefined,
    head({ fromAid, toAid }) {
      const row = head.get({ fromAid, toAid });
      return row ? decode(row) : null;
    },
    find: (fromAid, messageId) => find.all({ fromAid, messageId }).map(decode),
    remove: (outboxId) => remove.run({ outboxId }).changes > 0,
    expired: (now, limit) => expired.all({ now, limit }).map(decode),
    backlog: () =>
      backlog.all({}).map((row) => ({ fromAid: row.from_aid, toAid: row.to_aid, count: row.waiting })),
  };
};
