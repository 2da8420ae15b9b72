import { type InstanceScope, type InstanceState, isJsonObject, tryParseJson } from 'aun-core';
import type { StoreContext } from '../context.js';
import { identityDatabase, slotKey } from '../db/identity-database.js';
import { immediate } from '../db/transaction.js';
import { readDatabase, writeDatabase } from '../db/use-database.js';
import type { SqlDatabase } from '../files/sql-database.js';
import type { Steps } from '../steps.js';

/** Tokens and what else stands in the row of this device and slot; empty when there is none (08 §7.3). */
export function* loadInstanceState(
  context: StoreContext,
  aid: string,
  scope: InstanceScope,
): Steps<InstanceState> {
  const file = identityDatabase(context, aid);
  return (yield* readDatabase(context, file, (database) => readState(database, scope))) ?? {};
}

/** Read-modify-write in one transaction, so that two processes never lose each other's members (08 §7.3). */
export function* updateInstanceState(
  context: StoreContext,
  aid: string,
  scope: InstanceScope,
  update: (state: InstanceState) => InstanceState,
): Steps<InstanceState> {
  const file = identityDatabase(context, aid);
  return yield* writeDatabase(context, file, (database) =>
    immediate(database, () => {
      const state = update(readState(database, scope));
      writeState(database, scope, state, context.clock.now());
      return state;
    }),
  );
}

/** The same in the rows of all devices and slots, in one transaction (07 §3.10). */
export function* updateInstanceStates(
  context: StoreContext,
  aid: string,
  update: (state: InstanceState) => InstanceState,
): Steps<void> {
  yield* readDatabase(context, identityDatabase(context, aid), (database) =>
    immediate(database, () => {
      for (const row of database.all('SELECT rowid, data FROM instance_state')) {
        const data = JSON.stringify(update(stateOf(row.data)));
        database.run(
          'UPDATE instance_state SET data = ?, updated_at = ? WHERE rowid = ?',
          data,
          context.clock.now(),
          row.rowid ?? null,
        );
      }
    }),
  );
}

export function readState(database: SqlDatabase, scope: InstanceScope): InstanceState {
  const row = database.get(
    'SELECT data FROM instance_state WHERE device_id = ? AND slot_id = ?',
    scope.deviceId,
    slotKey(scope),
  );
  return stateOf(row?.data);
}

function stateOf(data: unknown): InstanceState {
  const state = typeof data === 'string' ? tryParseJson(data) : undefined;
  return isJsonObject(state) ? state : {};
}

export function writeState(
  database: SqlDatabase,
  scope: InstanceScope,
  state: InstanceState,
  now: number,
): void {
  database.run(
    `INSERT INTO instance_state (device_id, slot_id, slot_id_full, data, updated_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (device_id, slot_id) DO UPDATE
     SET slot_id_full = excluded.slot_id_full, data = excluded.data, updated_at = excluded.updated_at`,
    scope.deviceId,
    slotKey(scope),
    scope.slotId,
    JSON.stringify(state),
    now,
  );
}
