import { convertToGroupAid, KeyStoreError, type PrekeyRecord } from 'aun-core';
import type { StoreContext } from '../context.js';
import { DEVICE_KEYS, type DeviceKeyRow } from '../db/device-keys-database.js';
import { readIn, type WriteTransaction, writeIn } from '../db/transact.js';
import { type DeviceScopes, deviceScopes, rowOf, rowsOf } from './device-scopes.js';

/** Which prekeys: one AID on one device, P2P (`groupId` empty) or one group (08 §7.7). */
export interface PrekeyScope {
  readonly aid: string;
  readonly deviceId: string;
  readonly groupId: string;
}

const keyType = (groupId: string): string => (groupId === '' ? 'spk' : 'group_spk');
const markerType = (groupId: string): string => `${keyType(groupId)}_uploaded`;
const groupName = (groupId: string): string => (groupId === '' ? '' : convertToGroupAid(groupId));

/** Inserts; a prekey that is stored already stays as it is. */
export async function savePrekey(
  context: StoreContext,
  aid: string,
  deviceId: string,
  prekey: PrekeyRecord,
): Promise<void> {
  check(prekey);
  const scopes = await deviceScopes(context, aid, deviceId);
  await writeIn(context.deviceKeys, [DEVICE_KEYS], async (transaction) => {
    const type = keyType(prekey.groupId);
    const stored = await rowOf(transaction, scopes, type, groupName(prekey.groupId), prekey.spkId);
    if (stored === null) await put(transaction, scopes, prekey);
  });
  context.notices.tell('prekeys', aid);
}

/** Stores the candidate unless a prekey of its group exists, in one transaction (08 §8.2). */
export async function currentPrekeyOrCreate(
  context: StoreContext,
  aid: string,
  deviceId: string,
  candidate: PrekeyRecord,
): Promise<PrekeyRecord> {
  check(candidate);
  const { groupId } = candidate;
  const scopes = await deviceScopes(context, aid, deviceId);
  const chosen = await writeIn(context.deviceKeys, [DEVICE_KEYS], async (transaction) => {
    const [newest] = await rowsOf(transaction, scopes, keyType(groupId), groupName(groupId));
    if (newest !== undefined) return toPrekey(newest, groupId);
    await put(transaction, scopes, candidate);
    return candidate;
  });
  if (chosen === candidate) context.notices.tell('prekeys', aid);
  return chosen;
}

export async function loadPrekey(
  context: StoreContext,
  scope: PrekeyScope,
  spkId: string,
): Promise<PrekeyRecord | null> {
  const { groupId } = scope;
  const scopes = await deviceScopes(context, scope.aid, scope.deviceId);
  const row = await readIn(context.deviceKeys, [DEVICE_KEYS], (transaction) =>
    rowOf(transaction, scopes, keyType(groupId), groupName(groupId), spkId),
  );
  return row === null ? null : toPrekey(row, groupId);
}

export async function loadCurrentPrekey(
  context: StoreContext,
  scope: PrekeyScope,
): Promise<PrekeyRecord | null> {
  const [newest] = await prekeyRows(context, scope);
  return newest === undefined ? null : toPrekey(newest, scope.groupId);
}

/** Ids and times, newest first. */
export async function listPrekeys(
  context: StoreContext,
  scope: PrekeyScope,
): Promise<readonly { readonly spkId: string; readonly createdAt: number }[]> {
  const rows = await prekeyRows(context, scope);
  return rows.map((row) => ({ spkId: row.key_id, createdAt: row.created_at }));
}

async function prekeyRows(context: StoreContext, scope: PrekeyScope): Promise<readonly DeviceKeyRow[]> {
  const scopes = await deviceScopes(context, scope.aid, scope.deviceId);
  return readIn(context.deviceKeys, [DEVICE_KEYS], (transaction) =>
    rowsOf(transaction, scopes, keyType(scope.groupId), groupName(scope.groupId)),
  );
}

/** Removes the key together with its marker, also what an older build wrote (03 §11.2). */
export async function deletePrekey(context: StoreContext, scope: PrekeyScope, spkId: string): Promise<void> {
  const { groupId } = scope;
  const scopes = await deviceScopes(context, scope.aid, scope.deviceId);
  await writeIn(context.deviceKeys, [DEVICE_KEYS], async (transaction) => {
    for (const device of scopes) {
      for (const type of [keyType(groupId), markerType(groupId)]) {
        await transaction.objectStore(DEVICE_KEYS).delete([device, type, groupName(groupId), spkId]);
      }
    }
  });
  context.notices.tell('prekeys', scope.aid);
}

/** The new marker becomes the newest one, also within one millisecond and after a clock was set back. */
export async function markPrekeyUploaded(
  context: StoreContext,
  scope: PrekeyScope,
  spkId: string,
): Promise<void> {
  const { groupId } = scope;
  const scopes = await deviceScopes(context, scope.aid, scope.deviceId);
  await writeIn(context.deviceKeys, [DEVICE_KEYS], async (transaction) => {
    const [newest] = await rowsOf(transaction, scopes, markerType(groupId), groupName(groupId));
    const marker: DeviceKeyRow = {
      device_id: scopes[0],
      key_type: markerType(groupId),
      group_id: groupName(groupId),
      key_id: spkId,
      private_key: new Uint8Array(0),
      public_key: new Uint8Array(0),
      created_at: Math.max(context.clock.now(), (newest?.created_at ?? 0) + 1),
    };
    await transaction.objectStore(DEVICE_KEYS).put(marker);
  });
  context.notices.tell('prekeys', scope.aid);
}

/** Newest marker whose key row still exists; a marker without key is ignored. */
export async function loadLatestUploadedPrekeyId(
  context: StoreContext,
  scope: PrekeyScope,
): Promise<string | null> {
  const { groupId } = scope;
  const scopes = await deviceScopes(context, scope.aid, scope.deviceId);
  return readIn(context.deviceKeys, [DEVICE_KEYS], async (transaction) => {
    const keys = await rowsOf(transaction, scopes, keyType(groupId), groupName(groupId));
    const markers = await rowsOf(transaction, scopes, markerType(groupId), groupName(groupId));
    const known = new Set(keys.map((row) => row.key_id));
    return markers.find((marker) => known.has(marker.key_id))?.key_id ?? null;
  });
}

async function put(transaction: WriteTransaction, scopes: DeviceScopes, prekey: PrekeyRecord): Promise<void> {
  const row: DeviceKeyRow = {
    device_id: scopes[0],
    key_type: keyType(prekey.groupId),
    group_id: groupName(prekey.groupId),
    key_id: prekey.spkId,
    private_key: prekey.privateScalar,
    public_key: prekey.publicSpki,
    created_at: prekey.createdAt,
  };
  await transaction.objectStore(DEVICE_KEYS).put(row);
}

const toPrekey = (row: DeviceKeyRow, groupId: string): PrekeyRecord => ({
  spkId: row.key_id,
  groupId,
  privateScalar: row.private_key,
  publicSpki: row.public_key,
  createdAt: row.created_at,
});

function check(prekey: PrekeyRecord): void {
  const refuse = (reason: string): never => {
    throw new KeyStoreError('invalid_argument', reason);
  };
  if (prekey.spkId === '') refuse('spkId: must not be empty');
  if (prekey.privateScalar.length !== 32) refuse('privateScalar: must be 32 bytes');
  if (prekey.publicSpki.length === 0) refuse('publicSpki: must not be empty');
  if (!Number.isSafeInteger(prekey.createdAt)) refuse('createdAt: must be an integer (ms)');
}
