import { IDBFactory, IDBObjectStore } from 'fake-indexeddb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { codeOf, newIssuer, newKeyPair, newPrekey } from '../../aun-keystore-fs/test/conformance/material.js';
import { newPlatform, openStore, recordingLogger } from './places.js';
import { rawGet, rawPut } from './raw-database.js';

const alice = 'alice.faults.test';
const bob = 'bobby.faults.test';
const scope = { deviceId: 'device-1', slotId: 'main' };

afterEach(() => {
  vi.restoreAllMocks();
});

/** The `count`th write from now on fails, as a browser's does when the quota is used up. */
function failWrite(count: number): void {
  const put = IDBObjectStore.prototype.put;
  let calls = 0;
  vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
    calls += 1;
    if (calls === count) throw new DOMException('the quota is used up', 'QuotaExceededError');
    return put.apply(this, args as Parameters<typeof put>);
  });
}

describe('a quota that is used up', () => {
  it('refuses a new key at every write and leaves the old one and its versions', async () => {
    const platform = newPlatform();
    const store = openStore({ platform });
    const [old, next] = [newKeyPair(), newKeyPair()];
    await store.saveKeyPair(alice, old);
    for (const count of [1, 2]) {
      failWrite(count);
      expect(await codeOf(store.saveKeyPair(alice, next))).toBe('no_space');
      vi.restoreAllMocks();
      expect(await store.loadKeyPair(alice)).toEqual(old);
      expect(await store.loadPreviousKeyPairs(alice, 9)).toEqual([]);
    }
    await store.saveKeyPair(alice, next);
    expect(await store.loadPreviousKeyPairs(alice, 9)).toEqual([old]);
  });

  it('refuses a promotion as a whole', async () => {
    const store = openStore({ platform: newPlatform() });
    const [old, next] = [newKeyPair(), newKeyPair()];
    await store.saveKeyPair(alice, old);
    const handle = await store.createPending(alice, next);
    for (const count of [1, 2]) {
      failWrite(count);
      expect(await codeOf(store.promotePending(handle, { replace: true }))).toBe('no_space');
      vi.restoreAllMocks();
      expect(await store.loadKeyPair(alice)).toEqual(old);
      expect(await store.listPending(alice)).toEqual([handle]);
    }
  });

  it('refuses a change of seed as a whole, at every record', async () => {
    const store = openStore({ platform: newPlatform() });
    const [first, second] = [newKeyPair(), newKeyPair()];
    await store.saveKeyPair(alice, first);
    await store.saveKeyPair(bob, second);
    for (const count of [1, 2]) {
      failWrite(count);
      expect(await codeOf(store.changeSeed('seed', 'next'))).toBe('no_space');
      vi.restoreAllMocks();
      expect(await store.loadKeyPair(alice)).toEqual(first);
      expect(await store.loadKeyPair(bob)).toEqual(second);
    }
    expect(await store.changeSeed('seed', 'next')).toBe(2);
  });

  it('keeps tokens and prekeys as they were', async () => {
    const store = openStore({ platform: newPlatform() });
    const prekey = newPrekey('', 1);
    await store.updateInstanceState(alice, scope, () => ({ access_token: 'a' }));
    await store.savePrekey(alice, 'device-1', prekey);
    failWrite(1);
    expect(await codeOf(store.updateInstanceState(alice, scope, () => ({})))).toBe('no_space');
    vi.restoreAllMocks();
    failWrite(1);
    expect(await codeOf(store.savePrekey(alice, 'device-1', newPrekey('', 2)))).toBe('no_space');
    vi.restoreAllMocks();
    expect(await store.loadInstanceState(alice, scope)).toEqual({ access_token: 'a' });
    expect(await store.loadCurrentPrekey(alice, 'device-1', '')).toEqual(prekey);
  });

  it('is told when only the commit finds out', async () => {
    const platform = newPlatform();
    const store = openStore({ platform });
    await store.saveMetadata(alice, { a: 1 });
    const put = IDBObjectStore.prototype.put;
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, ...args) {
      const request = put.apply(this, args as Parameters<typeof put>);
      const transaction = this.transaction as unknown as { _abort(name: string): void };
      request.addEventListener('success', () => transaction._abort('QuotaExceededError'));
      return request;
    });
    expect(await codeOf(store.saveMetadata(alice, { a: 2 }))).toBe('no_space');
    vi.restoreAllMocks();
    expect(await store.loadMetadata(alice)).toEqual({ a: 1 });
  });
});

describe('a browser that gives no storage', () => {
  const refusing = (name: string): IDBFactory => {
    const factory = new IDBFactory();
    factory.open = () => {
      throw new DOMException('refused', name);
    };
    return factory;
  };
  const places = [null, refusing('SecurityError'), refusing('InvalidStateError')];

  it('is reported by every method, and no identity is kept in memory', async () => {
    for (const indexedDB of places) {
      const store = openStore({ platform: { indexedDB } });
      const calls = [
        () => store.loadKeyPair(alice),
        () => store.saveKeyPair(alice, newKeyPair()),
        () => store.listIdentities(),
        () => store.createPending(alice, newKeyPair()),
        () => store.updateInstanceState(alice, scope, (state) => state),
        () => store.currentPrekeyOrCreate(alice, 'device-1', newPrekey('', 1)),
        () => store.changeSeed('seed', 'next'),
        () => store.listOutbox(alice),
        () => store.loadTrustBundle(),
      ];
      for (const call of calls) expect(await codeOf(call())).toBe('unsupported');
    }
  });

  it('still has cards and one device id in memory', async () => {
    const { lines, logger } = recordingLogger();
    const store = openStore({ platform: {}, logger, path: '/x//' });
    const content = new TextEncoder().encode('# Alice\n');
    expect(await store.saveAgentMd(alice, { content })).toBe(`/x/AIDs/${alice}/agent.md`);
    expect((await store.loadAgentMd(alice)).content).toEqual(content);
    const id = await store.deviceId();
    expect(await openStore({ platform: {} }).deviceId()).toBe(id);
    expect(lines.join()).toMatch(/device id/);
  });
});

describe('the device id', () => {
  const storageOf = (initial: Record<string, string>) => {
    const values = new Map(Object.entries(initial));
    return {
      values,
      getItem: (name: string) => values.get(name) ?? null,
      setItem: (name: string, value: string) => void values.set(name, value),
    };
  };

  it('is that of localStorage, also in a worker, which has none', async () => {
    const indexedDB = new IDBFactory();
    const page = openStore({
      platform: { indexedDB, localStorage: storageOf({ aun_device_id: ' laptop ' }) },
    });
    expect(await page.deviceId()).toBe('laptop');
    expect(await openStore({ platform: { indexedDB } }).deviceId()).toBe('laptop');
  });

  it('made by a worker is taken over into localStorage, over an illegal one', async () => {
    const indexedDB = new IDBFactory();
    const id = await openStore({ platform: { indexedDB } }).deviceId();
    const localStorage = storageOf({ aun_device_id: 'not legal!' });
    expect(await openStore({ platform: { indexedDB, localStorage } }).deviceId()).toBe(id);
    expect(localStorage.values.get('aun_device_id')).toBe(id);
  });
});

describe('damaged records', () => {
  const junk = [
    'text',
    7,
    [],
    { _encrypted_pk: 'x' },
    { _encrypted_pk: { ct: '', iv: '', salt: '' } },
    { _encrypted_pk: { ct: '%%%', iv: 'AAAA', salt: 'AAAA' } },
    { private_key_pem: 'no pem' },
  ];

  it('end in private_key_unreadable and stay as they are', async () => {
    const platform = newPlatform();
    const store = openStore({ platform });
    await store.listIdentities();
    for (const value of junk) {
      await rawPut(platform, 'aun-keystore', 'key_pairs', value, alice);
      expect(await codeOf(store.loadKeyPair(alice))).toBe('private_key_unreadable');
      expect(await codeOf(store.changeSeed('seed', 'next'))).toBe('private_key_unreadable');
      expect(await rawGet(platform, 'aun-keystore', 'key_pairs', alice)).toEqual(value);
      expect(await store.listIdentities()).toEqual([]);
    }
  });

  it('do not open when one bit of the ciphertext is another', async () => {
    const platform = newPlatform();
    const store = openStore({ platform });
    await store.saveKeyPair(alice, newKeyPair());
    const record = (await rawGet(platform, 'aun-keystore', 'key_pairs', alice)) as {
      _encrypted_pk: { ct: string };
    };
    const { ct } = record._encrypted_pk;
    const flipped = `${ct[0] === 'A' ? 'B' : 'A'}${ct.slice(1)}`;
    const damaged = { ...record, _encrypted_pk: { ...record._encrypted_pk, ct: flipped } };
    await rawPut(platform, 'aun-keystore', 'key_pairs', damaged, alice);
    expect(await codeOf(store.loadKeyPair(alice))).toBe('private_key_unreadable');
  });

  it('that hold no cursor, state, card or device key count as absent', async () => {
    const platform = newPlatform();
    const store = openStore({ platform });
    await store.listIdentities();
    const put = (name: string, key: string) => rawPut(platform, 'aun-keystore', name, 'junk', key);
    await put('instance_state', `${alice}|device-1|main`);
    await put('instance_state', `_seq_|${alice}|device-1|main|p2p%3Aa`);
    await put('instance_state', `_seq_|${alice}|device-1|main|%`);
    await put('metadata', alice);
    await put('agent_md_cache', `._AIDs|${encodeURIComponent(`${alice}/agent.md`)}`);
    expect(await store.loadInstanceState(alice, scope)).toEqual({});
    expect(await store.loadAllSeqs(alice, scope)).toEqual(new Map());
    expect(await store.loadMetadata(alice)).toEqual({});
    expect(await store.loadAgentMd(alice)).toEqual({ content: null, record: {} });
  });

  it('of a parked group key are kept as .bad and count as absent', async () => {
    const platform = newPlatform();
    const { lines, logger } = recordingLogger();
    const store = openStore({ platform, logger });
    await store.savePendingBind('g-room1.faults.test', newKeyPair());
    const before = await rawGet(platform, 'aun-keystore', 'pending_binds', 'g-room1.faults.test');
    const other = openStore({ platform, seed: 'other', logger });
    expect(await other.loadPendingBind('g-room1.faults.test')).toBeNull();
    expect(await rawGet(platform, 'aun-keystore', 'pending_binds', 'g-room1.faults.test.bad')).toEqual(
      before,
    );
    expect(lines).toHaveLength(1);
  });
});

describe('keys of old builds', () => {
  it('in the clear are used and protected at the first load', async () => {
    const platform = newPlatform();
    const store = openStore({ platform });
    await store.listIdentities();
    const keyPair = newKeyPair();
    const legacy = {
      private_key_pem: keyPair.privateKeyPem,
      public_key_der_b64: keyPair.publicKeyDerB64,
      curve: 'P-256',
      unknown: 1,
    };
    await rawPut(platform, 'aun-keystore', 'key_pairs', legacy, alice);
    expect(await store.loadKeyPair(alice)).toEqual(keyPair);
    const record = await rawGet(platform, 'aun-keystore', 'key_pairs', alice);
    expect(record).toMatchObject({ unknown: 1, _encrypted_pk: { iv: expect.any(String) } });
    expect(JSON.stringify(record)).not.toContain('PRIVATE');
    expect(await store.loadKeyPair(alice)).toEqual(keyPair);
  });

  it('in the clear are replaced without leaving a copy in the clear', async () => {
    const platform = newPlatform();
    const store = openStore({ platform });
    await store.listIdentities();
    const [old, next] = [newKeyPair(), newKeyPair()];
    await rawPut(platform, 'aun-keystore', 'key_pairs', { private_key_pem: old.privateKeyPem }, alice);
    await store.saveKeyPair(alice, next);
    expect(await store.loadPreviousKeyPairs(alice, 3)).toEqual([old]);
  });

  it('that stand alone in their record take only their own certificate', async () => {
    const platform = newPlatform();
    const store = openStore({ platform });
    await store.listIdentities();
    const issuer = await newIssuer();
    const keyPair = newKeyPair();
    await rawPut(platform, 'aun-keystore', 'key_pairs', { private_key_pem: keyPair.privateKeyPem }, alice);
    expect(await codeOf(store.saveCert(alice, await issuer.issue(alice, newKeyPair())))).toBe(
      'certificate_conflict',
    );
    await store.saveCert(alice, await issuer.issue(alice, keyPair));
  });

  it('of a pending entry in the clear are not promoted', async () => {
    const platform = newPlatform();
    const store = openStore({ platform });
    const handle = await store.createPending(alice, newKeyPair());
    const key_pair = { private_key_pem: newKeyPair().privateKeyPem };
    await rawPut(platform, 'aun-keystore', 'pending_identities', { aid: alice, key_pair }, handle);
    expect(await codeOf(store.promotePending(handle))).toBe('private_key_unreadable');
    expect(await store.loadKeyPair(alice)).toBeNull();
  });

  it('under the bare device id are read where they are of this AID, and deleted with ours', async () => {
    const platform = newPlatform();
    const store = openStore({ platform });
    const keyPair = newKeyPair();
    await store.saveKeyPair(alice, keyPair);
    const prekey = newPrekey('', 5);
    await store.savePrekey('warmup.faults.test', 'other', newPrekey('', 1));
    const row = (type: string, id: string, privateKey: Uint8Array, publicKey: Uint8Array) => ({
      device_id: 'device-1',
      key_type: type,
      group_id: '',
      key_id: id,
      private_key: privateKey,
      public_key: publicKey,
      created_at: 5,
    });
    const put = (value: unknown) => rawPut(platform, 'aun_v2', 'v2_device_keys', value);
    await put(row('spk', prekey.spkId, prekey.privateScalar, prekey.publicSpki));
    expect(await store.loadCurrentPrekey(alice, 'device-1', '')).toEqual(prekey);
    const spki = Uint8Array.from(atob(keyPair.publicKeyDerB64), (char) => char.charCodeAt(0));
    await put(row('ik', '', new Uint8Array(32).fill(7), spki));
    expect((await store.currentPrekeyOrCreate(alice, 'device-1', newPrekey('', 9))).spkId).toBe(prekey.spkId);
    expect(await store.loadCurrentPrekey(bob, 'device-1', '')).toBeNull();
    await store.deletePrekey(bob, 'device-1', '', prekey.spkId);
    expect(await store.loadPrekey(alice, 'device-1', '', prekey.spkId)).toEqual(prekey);
    await store.deletePrekey(alice, 'device-1', '', prekey.spkId);
    expect(await store.loadPrekey(alice, 'device-1', '', prekey.spkId)).toBeNull();
  });
});

describe('a seed', () => {
  it('may be mixed after a change that another SDK did not finish', async () => {
    const platform = newPlatform();
    const [first, second] = [newKeyPair(), newKeyPair()];
    await openStore({ platform, seed: 'old' }).saveKeyPair(alice, first);
    const store = openStore({ platform, seed: 'new' });
    await store.saveKeyPair(bob, second);
    expect(await store.changeSeed('old', 'new')).toBe(1);
    expect([await store.loadKeyPair(alice), await store.loadKeyPair(bob)]).toEqual([first, second]);
  });

  it('carries replaced keys over, and removes them when asked to', async () => {
    const store = openStore({ platform: newPlatform() });
    const [old, next] = [newKeyPair(), newKeyPair()];
    await store.saveKeyPair(alice, old);
    await store.saveKeyPair(alice, next);
    await store.changeSeed('seed', 'second');
    expect(await store.loadPreviousKeyPairs(alice, 3)).toEqual([old]);
    await store.changeSeed('second', 'third', { purgeBackups: true });
    expect(await store.loadPreviousKeyPairs(alice, 3)).toEqual([]);
    expect(await store.loadKeyPair(alice)).toEqual(next);
  });

  it('is never the .seed file of old Node versions', async () => {
    const store = openStore({ platform: newPlatform() });
    await store.saveKeyPair(alice, newKeyPair());
    expect(await codeOf(store.changeSeed('.seed', 'next'))).toBe('seed_refused');
  });
});
