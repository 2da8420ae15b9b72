import type { DatabaseSpec } from './connection.js';

export const DEVICE_KEYS = 'v2_device_keys';
const INDEX = 'by_device_type_created';
const KEY_PATH = ['device_id', 'key_type', 'group_id', 'key_id'];

/** A row of `v2_device_keys` (08 §10.4, semantics of §7.7). */
export interface DeviceKeyRow {
  readonly device_id: string;
  readonly key_type: string;
  readonly group_id: string;
  readonly key_id: string;
  readonly private_key: Uint8Array;
  readonly public_key: Uint8Array;
  /** Unix ms. */
  readonly created_at: number;
}

/** `aun_v2`, version 3, shared with the public browser SDK (08 §10.4, 03 §11.2). */
export const deviceKeysDatabase: DatabaseSpec = {
  name: 'aun_v2',
  version: 3,
  stores: [DEVICE_KEYS],
  upgrade(database, transaction, oldVersion) {
    if (!database.objectStoreNames.contains(DEVICE_KEYS)) createStore(database);
    else if (oldVersion < 2 || !hasKeyPath(transaction)) recreateStore(database, transaction);
    else recreateIndex(transaction.objectStore(DEVICE_KEYS));
  },
};

function createStore(database: IDBDatabase): IDBObjectStore {
  const store = database.createObjectStore(DEVICE_KEYS, { keyPath: KEY_PATH });
  recreateIndex(store);
  return store;
}

function hasKeyPath(transaction: IDBTransaction): boolean {
  const { keyPath } = transaction.objectStore(DEVICE_KEYS);
  return Array.isArray(keyPath) && keyPath.join() === KEY_PATH.join();
}

function recreateIndex(store: IDBObjectStore): void {
  if (store.indexNames.contains(INDEX)) store.deleteIndex(INDEX);
  store.createIndex(INDEX, ['device_id', 'key_type', 'group_id', 'created_at']);
}

/** Version 1 had no group column: group prekeys stood under `group NUL spk` (03 §11.1). */
function recreateStore(database: IDBDatabase, transaction: IDBTransaction): void {
  const request = transaction.objectStore(DEVICE_KEYS).getAll();
  request.onsuccess = () => {
    const rows: readonly unknown[] = request.result;
    database.deleteObjectStore(DEVICE_KEYS);
    const store = createStore(database);
    for (const row of rows) if (isRecord(row)) store.put(upgradedRow(row));
  };
}

/** The row under the key of version 3; members we do not know stay. */
export function upgradedRow(row: Readonly<Record<string, unknown>>): Record<string, unknown> & DeviceKeyRow {
  const keyType = text(row.key_type);
  const id = text(row.key_id);
  const nul = keyType.startsWith('group_spk') ? id.indexOf('\0') : -1;
  return {
    ...row,
    device_id: text(row.device_id),
    key_type: keyType,
    group_id: nul < 0 ? text(row.group_id) : id.slice(0, nul),
    key_id: nul < 0 ? id : id.slice(nul + 1),
    private_key: bytesOf(row.private_key) ?? new Uint8Array(0),
    public_key: bytesOf(row.public_key) ?? new Uint8Array(0),
    created_at: typeof row.created_at === 'number' && Number.isFinite(row.created_at) ? row.created_at : 0,
  };
}

/** Bytes as any build may have stored them; null for anything else. */
export function bytesOf(value: unknown): Uint8Array | null {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return null;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
