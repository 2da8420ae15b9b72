import type { Database } from './database.js';

/** What a stored message is; kept as a small integer in the table. */
export type BodyKind = 'plain' | 'v2' | 'recall';

/** `spent`: the message is gone, only its id is remembered (04 §4.3). */
export type StoredKind = BodyKind | 'spent';

const kindNumbers: Readonly<Record<StoredKind, number>> = { plain: 0, v2: 1, recall: 2, spent: 3 };
const kindNames: readonly BodyKind[] = ['plain', 'v2', 'recall'];

export const kindOf = (number: number): BodyKind => kindNames[number] ?? 'plain';

const storedKindOf = (number: number): StoredKind =>
  number === kindNumbers.spent ? 'spent' : kindOf(number);

/** A message body to store (04 §21). `content` is JSON text: payload and extras, or the envelope without recipients. */
export interface NewBody {
  readonly messageId: string;
  readonly fromAid: string;
  readonly toAid: string;
  readonly kind: BodyKind;
  readonly type: string;
  readonly tServer: number;
  readonly expiresAt: number;
  readonly senderDevice: string;
  readonly senderIp: string;
  readonly content: string;
}

/** What a repeated send needs of the first one (04 §4.3). */
export interface StoredBody {
  readonly bodyId: number;
  readonly toAid: string;
  readonly kind: StoredKind;
  readonly tServer: number;
  readonly expiresAt: number;
  readonly recalledAt: number | null;
}

interface StoredRow {
  body_id: number;
  to_aid: string;
  kind: number;
  t_server: number;
  expires_at: number;
  recalled_at: number | null;
}

const decode = (row: StoredRow): StoredBody => ({
  bodyId: row.body_id,
  toAid: row.to_aid,
  kind: storedKindOf(row.kind),
  tServer: row.t_server,
  expiresAt: row.expires_at,
  recalledAt: row.recalled_at,
});

const stored = ['body_id', 'to_aid', 'kind', 't_server', 'expires_at', 'recalled_at'] as const;

export interface BodyStore {
  /** The new body's number, or null when (from, to, message_id) exists already. */
  insert(body: NewBody): number | null;
  find(fromAid: string, toAid: string, messageId: string): StoredBody | null;
  /** All bodies of a sender under one message id, one per recipient. */
  sentBy(fromAid: string, messageId: string): StoredBody[];
  /** Someone else sent a message under this id. */
  existsFromOthers(fromAid: string, messageId: string): boolean;
  /** Replaces the content by a tombstone (04 §9). */
  recall(bodyId: number, content: string, nowMs: number): void;
  expired(nowMs: number, limit: number): StoredBody[];
  byNumber(bodyId: number): StoredBody | null;
  /** Drops the content and keeps the id until `forgetAt`; its inbox rows must be gone. */
  spend(bodyId: number, forgetAt: number): void;
  remove(bodyId: number): void;
}

export function createBodyStore(db: Database): BodyStore {
  const insert = db.statement<Omit<NewBody, 'kind'> & { kind: number }, { body_id: number }>((q, p) =>
    q
      .insertInto('bodies')
      .values({
        message_id: p.messageId,
        from_aid: p.fromAid,
        to_aid: p.toAid,
        kind: p.kind,
        type: p.type,
        t_server: p.tServer,
        expires_at: p.expiresAt,
        sender_device: p.senderDevice,
        sender_ip: p.senderIp,
        content: p.content,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('body_id'),
  );
  const find = db.statement<{ from: string; to: string; messageId: string }, StoredRow>((q, p) =>
    q
      .selectFrom('bodies')
      .select(stored)
      .where('message_id', '=', p.messageId)
      .where('from_aid', '=', p.from)
      .where('to_aid', '=', p.to),
  );
  const sentBy = db.statement<{ from: string; messageId: string }, StoredRow>((q, p) =>
    q
      .selectFrom('bodies')
      .select(stored)
      .where('message_id', '=', p.messageId)
      .where('from_aid', '=', p.from),
  );
  const others = db.statement<{ from: string; messageId: string }, { body_id: number }>((q, p) =>
    q
      .selectFrom('bodies')
      .select('body_id')
      .where('message_id', '=', p.messageId)
      .where('from_aid', '!=', p.from)
      .where('kind', '!=', kindNumbers.spent)
      .limit(1),
  );
  const recall = db.statement<{ bodyId: number; content: string; now: number }>((q, p) =>
    q
      .updateTable('bodies')
      .set({ kind: kindNumbers.recall, type: 'message.recalled', content: p.content, recalled_at: p.now })
      .where('body_id', '=', p.bodyId),
  );
  const expired = db.statement<{ now: number; limit: number }, StoredRow>((q, p) =>
    q
      .selectFrom('bodies')
      .select(stored)
      .where('expires_at', '<=', p.now)
      .orderBy('expires_at')
      .limit(p.limit),
  );
  const byNumber = db.statement<{ bodyId: number }, StoredRow>((q, p) =>
    q.selectFrom('bodies').select(stored).where('body_id', '=', p.bodyId),
  );
  const spend = db.statement<{ bodyId: number; forgetAt: number }>((q, p) =>
    q
      .updateTable('bodies')
      .set({ kind: kindNumbers.spent, content: '', sender_device: '', sender_ip: '', expires_at: p.forgetAt })
      .where('body_id', '=', p.bodyId),
  );
  const remove = db.statement<{ bodyId: number }>((q, p) =>
    q.deleteFrom('bodies').where('body_id', '=', p.bodyId),
  );

  return {
    insert: (body) => insert.get({ ...body, kind: kindNumbers[body.kind] })?.body_id ?? null,
    find(from, to, messageId) {
      const row = find.get({ from, to, messageId });
      return row ? decode(row) : null;
    },
    sentBy: (from, messageId) => sentBy.all({ from, messageId }).map(decode),
    existsFromOthers: (from, messageId) => others.get({ from, messageId }) !== undefined,
    recall: (bodyId, content, now) => void recall.run({ bodyId, content, now }),
    expired: (now, limit) => expired.all({ now, limit }).map(decode),
    byNumber(bodyId) {
      const row = byNumber.get({ bodyId });
      return row ? decode(row) : null;
    },
    spend: (bodyId, forgetAt) => void spend.run({ bodyId, forgetAt }),
    remove: (bodyId) => void remove.run({ bodyId }),
  };
}
