import { convertToGroupAid, KeyStoreError, type PrekeyRecord } from 'aun-core';
import type { StoreContext } from '../context.js';
import { identityDatabase } from '../db/identity-database.js';
import { immediate } from '../db/transaction.js';
import { readDatabase, writeDatabase } from '../db/use-database.js';
import type { SqlDatabase, SqlRow } from '../files/sql-database.js';
import type { Steps } from '../steps.js';

/** Which prekeys: one AID on one device, P2P (`groupId` empty) or one group (08 §7.7). */
export interface PrekeyScope {
  readonly aid: string;
  readonly deviceId: string;
  readonly groupId: string;
}

/** The public SDKs accept any marker; ours is the one byte of the TypeScript SDK (08 §7.7). */
const MARKER = new Uint8Array([0]);
const NEWEST = 'ORDER BY created_at DESC, key_id DESC';
const COLUMNS = 'key_id, private_key, public_key, created_at';

const keyType = (groupId: string): string => (groupId === '' ? 'spk' : 'group_spk');
const groupName = (groupId: string): string => (groupId === '' ? '' : convertToGroupAid(groupId));

/** Inserts; a prekey that is stored already stays as it is. */
export function* savePrekey(
  context: StoreContext,
  aid: string,
  deviceId: string,
  prekey: PrekeyRecord,
): Steps<void> {
  check(prekey);
  yield* writeDatabase(context, identityDatabase(context, aid), (database) =>
    insert(database, deviceId, prekey),
  );
}

/** Stores the candidate unless a prekey of its group exists, in one transaction (08 §8.2). */
export function* currentPrekeyOrCreate(
  context: StoreContext,
  aid: string,
  deviceId: string,
  candidate: PrekeyRecord,
): Steps<PrekeyRecord> {
  check(candidate);
  return yield* writeDatabase(context, identityDatabase(context, aid), (database) =>
    immediate(database, () => {
      const current = newest(database, deviceId, candidate.groupId);
      if (current !== null) return current;
      insert(database, deviceId, candidate);
      return candidate;
    }),
  );
}

export function* loadPrekey(
  context: StoreContext,
  scope: PrekeyScope,
  spkId: string,
): Steps<PrekeyRecord | null> {
  return yield* readDatabase(context, identityDatabase(context, scope.aid), (database) => {
    const row = database.get(
      `SELECT ${COLUMNS} FROM v2_device_keys WHERE device_id = ? AND key_type = ? AND group_id = ? AND key_id = ?`,
      scope.deviceId,
      keyType(scope.groupId),
      groupName(scope.groupId),
      spkId,
    );
    return row === undefined ? null : toPrekey(row, scope.groupId);
  });
}

export function* loadCurrentPrekey(context: StoreContext, scope: PrekeyScope): Steps<PrekeyRecord | null> {
  return yield* readDatabase(context, identityDatabase(context, scope.aid), (database) =>
    newest(database, scope.deviceId, scope.groupId),
  );
}

/** Ids and times, newest first. */
export function* listPrekeys(
  context: StoreContext,
  scope: PrekeyScope,
): Steps<readonly { readonly spkId: string; readonly createdAt: number }[]> {
  const rows = yield* readDatabase(context, identityDatabase(context, scope.aid), (database) =>
    database.all(
      `SELECT key_id, created_at FROM v2_device_keys WHERE device_id = ? AND key_type = ? AND group_id = ? ${NEWEST}`,
      scope.deviceId,
      keyType(scope.groupId),
      groupName(scope.groupId),
    ),
  );
  return (rows ?? []).map((row) => ({ spkId: String(row.key_id), createdAt: Number(row.created_at) }));
}

/** Removes the key together with its marker. */
export function* deletePrekey(context: StoreContext, scope: PrekeyScope, spkId: string): Steps<void> {
  yield* readDatabase(context, identityDatabase(context, scope.aid), (database) =>
    database.run(
      'DELETE FROM v2_device_keys WHERE device_id = ? AND key_type IN (?, ?) AND group_id = ? AND key_id = ?',
      scope.deviceId,
      keyType(scope.groupId),
      `${keyType(scope.groupId)}_uploaded`,
      groupName(scope.groupId),
      spkId,
    ),
  );
}

/** The new marker becomes the newest one, also within one millisecond and after a clock was set back. */
export function* markPrekeyUploaded(context: StoreContext, scope: PrekeyScope, spkId: string): Steps<void> {
  const now = context.clock.now();
  const type = `${keyType(scope.groupId)}_uploaded`;
  const group = groupName(scope.groupId);
  yield* writeDatabase(context, identityDatabase(context, scope.aid), (database) =>
    immediate(database, () => {
      const row = database.get(
        'SELECT MAX(created_at) AS newest FROM v2_device_keys WHERE device_id = ? AND key_type = ? AND group_id = ?',
        scope.deviceId,
        type,
        group,
      );
      const newest = typeof row?.newest === 'number' ? row.newest : 0;
      database.run(
        `INSERT INTO v2_device_keys (device_id, key_type, group_id, key_id, private_key, public_key, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (device_id, key_type, group_id, key_id) DO UPDATE SET created_at = excluded.created_at`,
        scope.deviceId,
        type,
        group,
        spkId,
        MARKER,
        MARKER,
        Math.max(now, newest + 1),
      );
    }),
  );
}

/** Newest marker whose key row still exists; a marker without key is ignored. */
export function* loadLatestUploadedPrekeyId(context: StoreContext, scope: PrekeyScope): Steps<string | null> {
  return yield* readDatabase(context, identityDatabase(context, scope.aid), (database) => {
    const row = database.get(
      `SELECT marker.key_id AS key_id FROM v2_device_keys AS marker
       JOIN v2_device_keys AS spk ON spk.device_id = marker.device_id AND spk.key_type = ?
         AND spk.group_id = marker.group_id AND spk.key_id = marker.key_id
       WHERE marker.device_id = ? AND marker.key_type = ? AND marker.group_id = ?
       ORDER BY marker.created_at DESC, marker.key_id DESC LIMIT 1`,
      keyType(scope.groupId),
      scope.deviceId,
      `${keyType(scope.groupId)}_uploaded`,
      groupName(scope.groupId),
    );
    return row === undefined ? null : String(row.key_id);
  });
}

function newest(database: SqlDatabase, deviceId: string, groupId: string): PrekeyRecord | null {
  const row = database.get(
    `SELECT ${COLUMNS} FROM v2_device_keys WHERE device_id = ? AND key_type = ? AND group_id = ? ${NEWEST} LIMIT 1`,
    deviceId,
    keyType(groupId),
    groupName(groupId),
  );
  return row === undefined ? null : toPrekey(row, groupId);
}

function insert(database: SqlDatabase, deviceId: string, prekey: PrekeyRecord): void {
  database.run(
    `INSERT OR IGNORE INTO v2_device_keys
       (device_id, key_type, group_id, key_id, private_key, public_key, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    deviceId,
    keyType(prekey.groupId),
    groupName(prekey.groupId),
    prekey.spkId,
    prekey.privateScalar,
    prekey.publicSpki,
    prekey.createdAt,
  );
}

function toPrekey(row: SqlRow, groupId: string): PrekeyRecord {
  return {
    spkId: String(row.key_id),
    groupId,
    privateScalar: blob(row.private_key),
    publicSpki: blob(row.public_key),
    createdAt: Number(row.created_at),
  };
}

function blob(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new KeyStoreError('database_corrupt', 'v2_device_keys: a key column holds no bytes');
}

function check(prekey: PrekeyRecord): void {
  const refuse = (reason: string): never => {
    throw new KeyStoreError('invalid_argument', reason);
  };
  if (prekey.spkId === '') refuse('spkId: must not be empty');
  if (prekey.privateScalar.length !== 32) refuse('privateScalar: must be 32 bytes');
  if (prekey.publicSpki.length === 0) refuse('publicSpki: must not be empty');
  if (!Number.isSafeInteger(prekey.createdAt)) refuse('createdAt: must be an integer (ms)');
}
