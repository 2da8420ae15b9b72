import { IdbKeyStore, type IdbKeyStoreOptions, type Platform, type StoreChange } from 'aun-keystore-idb';
import { codeOf, contractFailures, newKeyPair, newPrekey } from './keystore-checks.js';

const aid = 'alice.browser.test';
const open = (options: IdbKeyStoreOptions = {}): IdbKeyStore => new IdbKeyStore({ seed: 'seed', ...options });
let store = open();
const changes: StoreChange[] = [];
let release = (): void => {};

export const runContract = (name: string): Promise<string[]> =>
  contractFailures((seed) => open({ seed }), name);

/** The same inside a module worker, and the device id it finds. */
export function runContractInWorker(
  name: string,
): Promise<{ failures: string[]; deviceId: string; hasLocalStorage: boolean }> {
  const worker = new Worker('/keystore-worker/module.js', { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({
      data,
    }: MessageEvent<{ error?: string } & Awaited<ReturnType<typeof runContractInWorker>>>) => {
      worker.terminate();
      if (data.error === undefined) resolve(data);
      else reject(new Error(data.error));
    };
    worker.onerror = (event) => reject(new Error(event.message));
    worker.postMessage(name);
  });
}

export const deviceId = (): Promise<string> => store.deviceId();
export const localDeviceId = (): string | null => localStorage.getItem('aun_device_id');

export const watch = (): void => {
  store.onChange((change) => changes.push(change));
};
export const seenChanges = (): readonly StoreChange[] => changes;
export const saveMetadata = (value: number): Promise<void> => store.saveMetadata(aid, { value });
export const loadMetadata = async (): Promise<unknown> => (await store.loadMetadata(aid)).value;

/** Id of the prekey that this tab and all others agree on. */
export const agreedPrekey = async (): Promise<string> =>
  (await store.currentPrekeyOrCreate(aid, 'device-1', newPrekey())).spkId;
export const prekeyCount = async (): Promise<number> => (await store.listPrekeys(aid, 'device-1', '')).length;

/** Adds one `count` times, each with a read and a write under the lock, as a procedure with network calls would. */
export async function countUnderLock(count: number): Promise<void> {
  for (let round = 0; round < count; round += 1) {
    await store.lockIdentity(aid, async () => {
      const value = Number((await store.loadMetadata(aid)).counter ?? 0);
      await store.saveMetadata(aid, { counter: value + 1 });
    });
  }
}
export const counter = async (): Promise<unknown> => (await store.loadMetadata(aid)).counter;

/** Takes the lock and keeps it until `letGo`, or until the tab is closed. */
export function holdLock(): Promise<void> {
  return new Promise((granted) => {
    void store.lockIdentity(aid, () => {
      granted();
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    });
  });
}
export const letGo = (): void => release();
export const lockCode = (lockWaitMs: number): Promise<string | null> =>
  codeOf(open({ lockWaitMs }).lockIdentity(aid, async () => {}));

let old: IDBDatabase | undefined;

/** Databases as older versions left them. Returns the public key of the plaintext identity in it. */
export async function makeOldDatabases(version: number): Promise<string> {
  const keyPair = newKeyPair();
  old = await openRaw('aun-keystore', version, (database) => {
    const pairs = database.createObjectStore('key_pairs');
    pairs.put({ private_key_pem: keyPair.privateKeyPem, public_key_der_b64: keyPair.publicKeyDerB64 }, aid);
  });
  const prekey = newPrekey('g-old01.browser.test');
  const keys = await openRaw('aun_v2', 1, (database) => {
    const keyPath = ['device_id', 'key_type', 'key_id'];
    database.createObjectStore('v2_device_keys', { keyPath }).put({
      device_id: `aid:${aid}|device:device-1`,
      key_type: 'group_spk',
      key_id: `${prekey.groupId}\0${prekey.spkId}`,
      private_key: prekey.privateScalar,
      public_key: prekey.publicSpki,
      created_at: prekey.createdAt,
    });
  });
  keys.close();
  return keyPair.publicKeyDerB64;
}

/** Steps aside, or not, when another tab upgrades. */
export const closeOldDatabase = (): void => old?.close();

export async function readUpgraded(): Promise<Record<string, unknown>> {
  const code = await codeOf(store.loadKeyPair(aid));
  if (code !== null) return { code };
  const publicKey = (await store.loadKeyPair(aid))?.publicKeyDerB64;
  await store.close();
  const database = await openRaw('aun-keystore');
  const record = await new Promise<unknown>((resolve) => {
    const request = database.transaction('key_pairs').objectStore('key_pairs').get(aid);
    request.onsuccess = () => resolve(request.result);
  });
  const { version, objectStoreNames } = database;
  database.close();
  return {
    code,
    publicKey,
    version,
    stores: objectStoreNames.length,
    plaintext: JSON.stringify(record).includes('PRIVATE'),
    groupPrekeys: (await store.listPrekeys(aid, 'device-1', 'g-old01.browser.test')).length,
  };
}

/** Codes of a store whose browser refuses storage, in the ways browsers do. */
export async function refusals(): Promise<Record<string, string | null>> {
  const throwing = { open: () => thrown('SecurityError') } as unknown as IDBFactory;
  const platforms: Record<string, Platform> = {
    missing: { indexedDB: null },
    throwing: { indexedDB: throwing },
  };
  const codes: Record<string, string | null> = {};
  for (const [name, platform] of Object.entries(platforms)) {
    store = open({ platform });
    codes[name] = await codeOf(store.saveKeyPair(aid, newKeyPair()));
    await store.saveAgentMd(aid, { content: new Uint8Array([35]) });
    codes[`${name}, card`] = `${(await store.loadAgentMd(aid)).content}`;
  }
  return codes;
}

/** Writes until the quota is used up: the code, and whether the key from before is still there. */
export async function fillQuota(): Promise<{ code: string | null; intact: boolean }> {
  const keyPair = newKeyPair();
  await store.saveKeyPair(aid, keyPair);
  const sealed = new Uint8Array(4 << 20);
  let code: string | null = null;
  for (let count = 0; count < 16 && code === null; count += 1) {
    // Bytes that a database cannot compress.
    for (let at = 0; at < sealed.length; at += 65_536)
      crypto.getRandomValues(sealed.subarray(at, at + 65_536));
    const entry = {
      messageId: `${count}`,
      orderKey: 'b',
      enqueuedAt: 1,
      expiresAt: null,
      attempts: 0,
      sealed,
    };
    code = await codeOf(store.enqueueOutbox(aid, entry));
  }
  const loaded = await store.loadKeyPair(aid);
  return { code, intact: loaded?.publicKeyDerB64 === keyPair.publicKeyDerB64 };
}

function thrown(name: string): never {
  throw new DOMException('refused', name);
}

function openRaw(
  name: string,
  version?: number,
  upgrade: (database: IDBDatabase) => void = () => {},
): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => upgrade(request.result);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
