import { KeyStoreError, type OutboxEntry } from 'aun-core';
import type { StoreContext } from '../context.js';
import { bytesOf } from '../db/device-keys-database.js';
import { readIn, type WriteTransaction, writeIn } from '../db/transact.js';
import { entryName } from '../record-keys.js';

const STORE = 'outbox';

/**
 * A message id that is queued already stays as it is; one that waits for another recipient is `invalid_argument`.
 * Resolves once the entry is on the disk (08, last section).
 */
export async function enqueueOutbox(context: StoreContext, aid: string, entry: OutboxEntry): Promise<void> {
  const name = entryName(aid);
  const value = {
    name,
    message_id: entry.messageId,
    order_key: entry.orderKey,
    enqueued_at: entry.enqueuedAt,
    expires_at: entry.expiresAt,
    attempts: entry.attempts,
    sealed: entry.sealed,
  };
  await writeIn(context.local, [STORE], async (transaction) => {
    const store = transaction.objectStore(STORE);
    const key = await keyOf(transaction, name, entry.messageId);
    if (key === undefined) await store.add(value);
    else if (toEntry(await store.get(key)).orderKey !== entry.orderKey) {
      throw new KeyStoreError('invalid_argument', 'outbox: the message id waits for another recipient');
    }
  });
  context.notices.tell('outbox', name);
}

/** In order of enqueueing. An entry without bytes is listed with none, so that its owner can tell and remove it. */
export async function listOutbox(context: StoreContext, aid: string): Promise<readonly OutboxEntry[]> {
  const name = entryName(aid);
  const values: readonly unknown[] = await readIn(context.local, [STORE], (transaction) =>
    transaction.objectStore(STORE).index('by_name').getAll(name),
  );
  return values.map(toEntry);
}

/** Counts one more attempt. */
export async function touchOutbox(context: StoreContext, aid: string, messageId: string): Promise<void> {
  const name = entryName(aid);
  await writeIn(context.local, [STORE], async (transaction) => {
    const key = await keyOf(transaction, name, messageId);
    if (key === undefined) return;
    const store = transaction.objectStore(STORE);
    const value: Readonly<Record<string, unknown>> = await store.get(key);
    await store.put({ ...value, attempts: toEntry(value).attempts + 1 }, key);
  });
}

export async function removeOutbox(context: StoreContext, aid: string, messageId: string): Promise<void> {
  const name = entryName(aid);
  await writeIn(context.local, [STORE], async (transaction) => {
    const key = await keyOf(transaction, name, messageId);
    if (key !== undefined) await transaction.objectStore(STORE).delete(key);
  });
  context.notices.tell('outbox', name);
}

const keyOf = (
  transaction: WriteTransaction,
  name: string,
  messageId: string,
): Promise<IDBValidKey | undefined> =>
  transaction.objectStore(STORE).index('by_message').getKey([name, messageId]);

function toEntry(value: unknown): OutboxEntry {
  const row = value as Readonly<Record<string, unknown>>;
  return {
    messageId: String(row.message_id),
    orderKey: String(row.order_key),
    enqueuedAt: Number(row.enqueued_at),
    expiresAt: row.expires_at === null ? null : Number(row.expires_at),
    attempts: Number(row.attempts),
    sealed: bytesOf(row.sealed) ?? new Uint8Array(0),
  };
}
