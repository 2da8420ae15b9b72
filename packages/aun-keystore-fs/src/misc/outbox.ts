import { KeyStoreError, type OutboxEntry } from 'aun-core';
import type { StoreContext } from '../context.js';
import { type DatabaseFile, readDatabase, writeDatabase } from '../db/use-database.js';
import type { SqlRow } from '../files/sql-database.js';
import { identityPaths } from '../layout.js';
import type { Steps } from '../steps.js';

/** `AIDs/{dir}/outbox.db`: made only when a message is sent durably; other SDKs ignore it (08, last section). */
function outboxDatabase(context: StoreContext, aid: string): DatabaseFile {
  const paths = identityPaths(context.layout, aid);
  return {
    path: paths.outbox,
    lock: paths.name,
    prepare: (database) => {
      // A queued message must survive a power cut, not only a killed process.
      database.exec('PRAGMA synchronous = FULL');
      database.exec(`CREATE TABLE IF NOT EXISTS outbox (
        position INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, order_key TEXT NOT NULL,
        enqueued_at INTEGER NOT NULL, expires_at INTEGER, attempts INTEGER NOT NULL DEFAULT 0, sealed BLOB NOT NULL)`);
    },
  };
}

/** A message id that is queued already stays as it is; one that waits for another recipient is `invalid_argument`. */
export function* enqueueOutbox(context: StoreContext, aid: string, entry: OutboxEntry): Steps<void> {
  yield* writeDatabase(context, outboxDatabase(context, aid), (database) => {
    const added = database.run(
      `INSERT OR IGNORE INTO outbox (message_id, order_key, enqueued_at, expires_at, attempts, sealed)
       VALUES (?, ?, ?, ?, ?, ?)`,
      entry.messageId,
      entry.orderKey,
      entry.enqueuedAt,
      entry.expiresAt,
      entry.attempts,
      entry.sealed,
    );
    if (added > 0) return;
    const same = database.get('SELECT order_key FROM outbox WHERE message_id = ?', entry.messageId);
    if (same === undefined || same.order_key === entry.orderKey) return;
    throw new KeyStoreError('invalid_argument', 'outbox: the message id waits for another recipient');
  });
}

/** In order of enqueueing. An entry without bytes is listed with none, so that its owner can tell and remove it. */
export function* listOutbox(context: StoreContext, aid: string): Steps<readonly OutboxEntry[]> {
  const rows = yield* readDatabase(context, outboxDatabase(context, aid), (database) =>
    database.all('SELECT * FROM outbox ORDER BY position'),
  );
  return (rows ?? []).map(toEntry);
}

/** Counts one more attempt. */
export function* touchOutbox(context: StoreContext, aid: string, messageId: string): Steps<void> {
  yield* readDatabase(context, outboxDatabase(context, aid), (database) =>
    database.run('UPDATE outbox SET attempts = attempts + 1 WHERE message_id = ?', messageId),
  );
}

export function* removeOutbox(context: StoreContext, aid: string, messageId: string): Steps<void> {
  yield* readDatabase(context, outboxDatabase(context, aid), (database) =>
    database.run('DELETE FROM outbox WHERE message_id = ?', messageId),
  );
}

function toEntry(row: SqlRow): OutboxEntry {
  return {
    messageId: String(row.message_id),
    orderKey: String(row.order_key),
    enqueuedAt: Number(row.enqueued_at),
    expiresAt: row.expires_at === null ? null : Number(row.expires_at),
    attempts: Number(row.attempts),
    sealed: row.sealed instanceof Uint8Array ? row.sealed : new Uint8Array(0),
  };
}
