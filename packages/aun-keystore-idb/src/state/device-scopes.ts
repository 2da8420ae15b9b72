import { base64Encode } from 'aun-crypto';
import type { StoreContext } from '../context.js';
import { bytesOf, DEVICE_KEYS, type DeviceKeyRow } from '../db/device-keys-database.js';
import { type ReadTransaction, readIn, type WriteTransaction } from '../db/transact.js';
import { readKeyRecord } from '../identity/key-pairs.js';
import { parseKeyRecord, publicKeyOf } from '../keys/key-record.js';
import { entryName, scopedDevice } from '../record-keys.js';

/** Device parts under which rows of an AID stand, the one we write first. */
export type DeviceScopes = readonly [own: string, ...older: string[]];

/**
 * Rows stand under AID and device; older builds wrote the bare device id. Their rows count only where they are this
 * AID's: no `ik` row, or one with this AID's key (08 §10.4).
 */
export async function deviceScopes(
  context: StoreContext,
  aid: string,
  deviceId: string,
): Promise<DeviceScopes> {
  const own = scopedDevice(aid, deviceId);
  const bare = await readIn(context.deviceKeys, [DEVICE_KEYS], async (transaction) => {
    const store = transaction.objectStore(DEVICE_KEYS);
    const range = IDBKeyRange.bound([deviceId], [deviceId, []]);
    if ((await store.count(range)) === 0) return null;
    return { identityKey: toRow(await store.get([deviceId, 'ik', '', ''])) };
  });
  if (bare === null) return [own];
  if (bare.identityKey === null) return [own, deviceId];
  const publicKey = publicKeyOf(parseKeyRecord(await readKeyRecord(context, entryName(aid))));
  return publicKey === base64Encode(bare.identityKey.public_key) ? [own, deviceId] : [own];
}

/** Rows of one kind and group under any of the scopes, an own one winning over an older one of the same id. */
export async function rowsOf(
  transaction: ReadTransaction | WriteTransaction,
  scopes: DeviceScopes,
  keyType: string,
  groupId: string,
): Promise<readonly DeviceKeyRow[]> {
  const rows = new Map<string, DeviceKeyRow>();
  for (const scope of scopes) {
    const prefix = [scope, keyType, groupId];
    const range = IDBKeyRange.bound(prefix, [...prefix, []]);
    for (const value of await transaction.objectStore(DEVICE_KEYS).getAll(range)) {
      const row = toRow(value);
      if (row !== null && !rows.has(row.key_id)) rows.set(row.key_id, row);
    }
  }
  return [...rows.values()].sort(newestFirst);
}

export async function rowOf(
  transaction: ReadTransaction | WriteTransaction,
  scopes: DeviceScopes,
  keyType: string,
  groupId: string,
  keyId: string,
): Promise<DeviceKeyRow | null> {
  for (const scope of scopes) {
    const row = toRow(await transaction.objectStore(DEVICE_KEYS).get([scope, keyType, groupId, keyId]));
    if (row !== null) return row;
  }
  return null;
}

/** Greatest time, then greatest id (08 §7.7). */
const newestFirst = (a: DeviceKeyRow, b: DeviceKeyRow): number =>
  b.created_at - a.created_at || (a.key_id < b.key_id ? 1 : -1);

/** Null for a damaged row, which counts as absent. */
function toRow(value: unknown): DeviceKeyRow | null {
  if (typeof value !== 'object' || value === null) return null;
  const row = value as Readonly<Record<string, unknown>>;
  const [privateKey, publicKey] = [bytesOf(row.private_key), bytesOf(row.public_key)];
  const { device_id: device, key_type: type, group_id: group, key_id: id, created_at: time } = row;
  if (typeof device !== 'string' || typeof type !== 'string') return null;
  if (typeof group !== 'string' || typeof id !== 'string' || typeof time !== 'number') return null;
  if (privateKey === null || publicKey === null) return null;
  return {
    device_id: device,
    key_type: type,
    group_id: group,
    key_id: id,
    private_key: privateKey,
    public_key: publicKey,
    created_at: time,
  };
}
