import { describe, expect, it } from 'vitest';
import { codeOf, newKeyPair, newPrekey } from '../../aun-keystore-fs/test/conformance/material.js';
import { newPlatform, openStore } from './places.js';
import { makeOld, rawGet, rawPut } from './raw-database.js';

const alice = 'alice.upgrades.test';
const group = 'g-team01.upgrades.test';
const storeNames = [
  'agent_md_cache',
  'certs',
  'group_index_cache',
  'group_state',
  'instance_state',
  'key_pairs',
  'metadata',
  'pending_binds',
  'pending_identities',
];

async function namesAndVersion(platform: ReturnType<typeof newPlatform>, name: string): Promise<unknown> {
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = platform.indexedDB?.open(name);
    if (request !== undefined) request.onsuccess = () => resolve(request.result);
  });
  const answer = [database.version, [...database.objectStoreNames]];
  database.close();
  return answer;
}

describe('aun-keystore (08 §10.1)', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'of version %i gets the missing stores and keeps its data',
    async (version) => {
      const platform = newPlatform();
      const keyPair = newKeyPair();
      const old = await makeOld(platform, 'aun-keystore', version, (database) => {
        const pairs = database.createObjectStore('key_pairs');
        pairs.put({ private_key_pem: keyPair.privateKeyPem, curve: 'P-256' }, alice);
        if (version > 1) database.createObjectStore('metadata').put({ aid: alice }, alice);
        if (version > 4) database.createObjectStore('instance_state');
      });
      old.close();
      const store = openStore({ platform });
      expect(await store.loadKeyPair(alice)).toEqual(keyPair);
      expect(await store.loadMetadata(alice)).toEqual(version > 1 ? { aid: alice } : {});
      expect(await namesAndVersion(platform, 'aun-keystore')).toEqual([9, storeNames]);
    },
  );

  it('of a newer version is used as it is, unless a store is missing', async () => {
    const platform = newPlatform();
    const newer = await makeOld(platform, 'aun-keystore', 12, (database) => {
      for (const name of [...storeNames, 'newer']) database.createObjectStore(name);
    });
    newer.close();
    const store = openStore({ platform });
    await store.saveMetadata(alice, { a: 1 });
    expect(await store.loadMetadata(alice)).toEqual({ a: 1 });
    expect(await namesAndVersion(platform, 'aun-keystore')).toEqual([12, expect.arrayContaining(['newer'])]);
    const other = newPlatform();
    (await makeOld(other, 'aun-keystore', 12, (database) => database.createObjectStore('certs'))).close();
    expect(await codeOf(openStore({ platform: other }).loadMetadata(alice))).toBe('unsupported');
  });

  it('stays as it was when the upgrade is interrupted, and is upgraded by the next call', async () => {
    const platform = newPlatform();
    const keyPair = newKeyPair();
    const old = await makeOld(platform, 'aun-keystore', 8, (database) => {
      database.createObjectStore('key_pairs').put({ private_key_pem: keyPair.privateKeyPem }, alice);
    });
    old.close();
    const real = platform.indexedDB;
    const interrupting = {
      open(name: string, version?: number) {
        const request = real?.open(name, version) as IDBOpenDBRequest;
        request.addEventListener('upgradeneeded', () => request.transaction?.abort());
        return request;
      },
    } as IDBFactory;
    const store = openStore({ platform: { indexedDB: interrupting } });
    expect(await codeOf(store.loadKeyPair(alice))).toBe('io');
    expect(await namesAndVersion(platform, 'aun-keystore')).toEqual([8, ['key_pairs']]);
    expect(await openStore({ platform }).loadKeyPair(alice)).toEqual(keyPair);
  });

  it('cannot be upgraded while another tab keeps it open, and says so', async () => {
    const platform = newPlatform();
    const old = await makeOld(platform, 'aun-keystore', 8, (database) => {
      database.createObjectStore('metadata').put({ a: 1 }, alice);
    });
    const store = openStore({ platform });
    await expect(store.loadMetadata(alice)).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringContaining('upgrade blocked by another tab'),
    });
    old.close();
    expect(await store.loadMetadata(alice)).toEqual({ a: 1 });
  });

  it('is let go when another tab upgrades it, and opened again by the next call', async () => {
    const platform = newPlatform();
    const store = openStore({ platform });
    await store.saveMetadata(alice, { a: 1 });
    (await makeOld(platform, 'aun-keystore', 10, () => {})).close();
    expect(await store.loadMetadata(alice)).toEqual({ a: 1 });
    await store.saveMetadata(alice, { a: 2 });
    expect(await store.loadMetadata(alice)).toEqual({ a: 2 });
  });
});

describe('aun_v2 (08 §10.4)', () => {
  const prekey = newPrekey(group, 5);
  const row = (deviceId: string, key_id: string, more: object = {}) => ({
    device_id: deviceId,
    key_type: 'group_spk',
    key_id,
    private_key: prekey.privateScalar,
    public_key: prekey.publicSpki,
    created_at: 5,
    unknown: 1,
    ...more,
  });
  const scoped = `aid:${alice}|device:device-1`;

  it('of version 1 gets the group out of its key ids', async () => {
    const platform = newPlatform();
    const old = await makeOld(platform, 'aun_v2', 1, (database) => {
      const keyPath = ['device_id', 'key_type', 'key_id'];
      const store = database.createObjectStore('v2_device_keys', { keyPath });
      store.put(row(scoped, `${group}\0${prekey.spkId}`));
      store.put(
        row(scoped, `${group}\0${prekey.spkId}`, { key_type: 'group_spk_uploaded', private_key: [] }),
      );
      store.put({ device_id: '', key_type: 'odd', key_id: 'no members' });
    });
    old.close();
    const store = openStore({ platform });
    expect(await store.loadCurrentPrekey(alice, 'device-1', group)).toEqual(prekey);
    expect(await store.loadLatestUploadedPrekeyId(alice, 'device-1', group)).toBe(prekey.spkId);
    const key = [scoped, 'group_spk', group, prekey.spkId];
    expect(await rawGet(platform, 'aun_v2', 'v2_device_keys', key)).toMatchObject({ unknown: 1 });
    expect(await rawGet(platform, 'aun_v2', 'v2_device_keys', ['', 'odd', '', 'no members'])).toBeDefined();
    expect(await namesAndVersion(platform, 'aun_v2')).toEqual([3, ['v2_device_keys']]);
  });

  it('of version 2 gets its index anew', async () => {
    const platform = newPlatform();
    const old = await makeOld(platform, 'aun_v2', 2, (database) => {
      const keyPath = ['device_id', 'key_type', 'group_id', 'key_id'];
      const store = database.createObjectStore('v2_device_keys', { keyPath });
      store.createIndex('by_device_type_created', ['device_id', 'key_type', 'created_at']);
      store.put(row(scoped, prekey.spkId, { group_id: group }));
    });
    old.close();
    expect(await openStore({ platform }).loadCurrentPrekey(alice, 'device-1', group)).toEqual(prekey);
    const database = await makeOld(platform, 'aun_v2', 3, () => {});
    const { keyPath } = database
      .transaction('v2_device_keys')
      .objectStore('v2_device_keys')
      .index('by_device_type_created');
    database.close();
    expect(keyPath).toEqual(['device_id', 'key_type', 'group_id', 'created_at']);
  });

  it('takes markers of every SDK', async () => {
    const platform = newPlatform();
    const store = openStore({ platform });
    await store.savePrekey(alice, 'device-1', prekey);
    for (const marker of [new Uint8Array(0), new Uint8Array(1)]) {
      const value = row(scoped, prekey.spkId, {
        key_type: 'group_spk_uploaded',
        group_id: group,
        private_key: marker,
        public_key: marker,
      });
      await rawPut(platform, 'aun_v2', 'v2_device_keys', value);
      expect(await store.loadLatestUploadedPrekeyId(alice, 'device-1', group)).toBe(prekey.spkId);
    }
  });

  it('gets rows of the members and the scope that the public SDK uses, and no identity key', async () => {
    const platform = newPlatform();
    const store = openStore({ platform });
    await store.savePrekey(alice, 'device 1', prekey);
    const key = [`aid:${alice}|device:device%201`, 'group_spk', group, prekey.spkId];
    expect(await rawGet(platform, 'aun_v2', 'v2_device_keys', key)).toEqual({
      device_id: key[0],
      key_type: 'group_spk',
      group_id: group,
      key_id: prekey.spkId,
      private_key: prekey.privateScalar,
      public_key: prekey.publicSpki,
      created_at: 5,
    });
  });
});
