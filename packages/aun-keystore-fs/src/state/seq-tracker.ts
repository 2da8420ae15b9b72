import { type InstanceScope, isJsonObject, type JsonValue, KeyStoreError } from 'aun-core';
import type { StoreContext } from '../context.js';
import { identityDatabase, slotKey } from '../db/identity-database.js';
import { immediate } from '../db/transaction.js';
import { readDatabase, writeDatabase } from '../db/use-database.js';
import type { SqlDatabase } from '../files/sql-database.js';
import type { Steps } from '../steps.js';
import { readState, writeState } from './instance-state.js';

/** Cursors of this device and slot by namespace (08 §7.5). */
export function* loadAllSeqs(
  context: StoreContext,
  aid: string,
  scope: InstanceScope,
): Steps<ReadonlyMap<string, number>> {
  const file = identityDatabase(context, aid);
  const found = yield* readDatabase(context, file, (database) => ({
    seqs: readSeqs(database, scope),
    legacy: legacyCursors(readState(database, scope).seq_tracker_state),
  }));
  if (found === null) return new Map();
  if (found.seqs.size > 0 || found.legacy === null) return found.seqs;
  return yield* writeDatabase(context, file, (database) =>
    immediate(database, () => {
      importLegacy(database, scope, context.clock.now());
      return readSeqs(database, scope);
    }),
  );
}

/** Raises stored cursors; lowers one only with `reset` (an explicit floor or reset of the server). */
export function* saveSeqs(
  context: StoreContext,
  aid: string,
  scope: InstanceScope,
  seqs: ReadonlyMap<string, number>,
  options: { readonly reset?: boolean } = {},
): Steps<void> {
  for (const [namespace, seq] of seqs) {
    if (Number.isSafeInteger(seq) && seq >= 0) continue;
    throw new KeyStoreError('invalid_argument', `seqs: ${namespace} must be a non-negative safe integer`);
  }
  if (seqs.size === 0) return;
  const now = context.clock.now();
  yield* writeDatabase(context, identityDatabase(context, aid), (database) =>
    immediate(database, () => {
      importLegacy(database, scope, now);
      for (const [namespace, seq] of seqs)
        upsert(database, scope, namespace, seq, now, options.reset === true);
    }),
  );
}

function upsert(
  database: SqlDatabase,
  scope: InstanceScope,
  namespace: string,
  seq: number,
  now: number,
  reset: boolean,
): void {
  database.run(
    `INSERT INTO seq_tracker (device_id, slot_id, slot_id_full, namespace, contiguous_seq, updated_at)
     VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (device_id, slot_id, namespace) DO UPDATE
     SET slot_id_full = excluded.slot_id_full, contiguous_seq = excluded.contiguous_seq, updated_at = excluded.updated_at
     ${reset ? '' : 'WHERE excluded.contiguous_seq > seq_tracker.contiguous_seq'}`,
    scope.deviceId,
    slotKey(scope),
    scope.slotId,
    namespace,
    seq,
    now,
  );
}

function readSeqs(database: SqlDatabase, scope: InstanceScope): ReadonlyMap<string, number> {
  const rows = database.all(
    'SELECT namespace, contiguous_seq FROM seq_tracker WHERE device_id = ? AND slot_id = ?',
    scope.deviceId,
    slotKey(scope),
  );
  return new Map(rows.map((row) => [String(row.namespace), Number(row.contiguous_seq)]));
}

/** Old builds kept the cursors inside the instance state: taken over when the table has none, then removed (08 §7.3). */
function importLegacy(database: SqlDatabase, scope: InstanceScope, now: number): void {
  const { seq_tracker_state: old, ...rest } = readState(database, scope);
  const cursors = legacyCursors(old);
  if (cursors === null) return;
  if (readSeqs(database, scope).size === 0) {
    for (const [namespace, seq] of cursors) upsert(database, scope, namespace, seq, now, false);
  }
  writeState(database, scope, rest, now);
}

function legacyCursors(value: JsonValue | undefined): ReadonlyMap<string, number> | null {
  if (!isJsonObject(value)) return null;
  return new Map(
    Object.entries(value).filter(
      (entry): entry is [string, number] =>
        typeof entry[1] === 'number' && Number.isSafeInteger(entry[1]) && entry[1] >= 0,
    ),
  );
}
