import { openDB } from 'idb';
import type { Platform } from '../src/index.js';

/** Reads or writes past the store, as another SDK or an accident would. */
async function inDatabase<T>(
  platform: Platform,
  name: string,
  work: (database: Awaited<ReturnType<typeof openDB>>) => Promise<T>,
): Promise<T> {
  const before = globalThis.indexedDB;
  globalThis.indexedDB = platform.indexedDB as IDBFactory;
  const opening = openDB(name);
  globalThis.indexedDB = before;
  const database = await opening;
  try {
    return await work(database);
  } finally {
    database.close();
  }
}

export const rawGet = (platform: Platform, name: string, store: string, key: IDBValidKey): Promise<unknown> =>
  inDatabase(platform, name, (database) => database.get(store, key));

export const rawPut = (
  platform: Platform,
  name: string,
  store: string,
  value: unknown,
  key?: IDBValidKey,
): Promise<unknown> => inDatabase(platform, name, (database) => database.put(store, value, key));

/** A database as an older version left it. */
export function makeOld(
  platform: Platform,
  name: string,
  version: number,
  upgrade: (database: IDBDatabase) => void,
): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = platform.indexedDB?.open(name, version);
    if (request === undefined) return reject(new Error('no IndexedDB'));
    request.onupgradeneeded = () => upgrade(request.result);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
