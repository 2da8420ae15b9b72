import { KeyStoreError } from 'aun-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as browser from '../../src/browser.js';
import * as node from '../../src/index.js';
import { MemoryKeyStore } from '../support/memory-key-store.js';
import { codeOf, collect, ok, okAsync, TestNetwork, until } from '../support/network.js';

/** What follows only awaits, so it fits both faces; it is typed by one. */
const faces: readonly (readonly [string, typeof node])[] = [
  ['Node', node],
  ['browsers', browser as unknown as typeof node],
];

describe.each(faces)('a key store of the application’s own, with the face for %s', (_platform, face) => {
  let network: TestNetwork;
  beforeAll(async () => {
    network = await TestNetwork.start();
  });
  afterAll(() => network.stop());

  const open = (keyStore: MemoryKeyStore) =>
    new face.AIDStore({
      aunPath: 'not a folder',
      encryptionSeed: '',
      keyStore,
      rootCaPem: network.gateway.rootCaPem,
      discoveryPort: network.gateway.discoveryPort,
    });

  const connected = async (store: node.AIDStore, name: string, options?: node.ConnectionOptions) => {
    const client = new face.AUNClient(ok(await store.loadAsync(name)).aid);
    await client.connect(options);
    return client;
  };

  it('carries an identity through its life', async () => {
    const keys = new MemoryKeyStore();
    const store = open(keys);
    const name = network.gateway.newAid('nora');
    const { aid: omarAid } = await network.identity('omar');
    const omar = network.client(omarAid);
    const heard = collect(omar);
    await omar.connect();

    await okAsync(store.register(name));
    expect(ok(await store.listAsync()).identities.map(({ aid }) => aid)).toEqual([name]);
    const nora = await connected(store, name, { durable: true });
    const own = collect(nora);
    expect(nora.deviceId).toBe('a-device-in-memory');
    await nora.call('message.send', { to: omarAid.aid, payload: { text: 'to Omar' } });
    await omar.call('message.send', { to: name, payload: { text: 'to Nora' } });
    await until(() => heard.texts.length === 1 && own.texts.length === 1, 'one message each');
    await nora.close();
    expect([
      ...(await keys.loadAllSeqs(name, { deviceId: 'a-device-in-memory', slotId: 'default' })),
    ]).toEqual([[`p2p:${name}`, 1]]);
    expect(await keys.listOutbox(name)).toEqual([]);

    await okAsync(store.renewCert(name));
    const rekeyed = await Promise.all([store.rekey(name), store.rekey(name)]);
    expect(rekeyed.map(codeOf)).toEqual(['ok', 'ok']);
    expect((await keys.loadPreviousKeyPairs(name, 9)).length).toBe(2);
    const again = await connected(store, name);
    await again.call('message.send', { to: omarAid.aid, payload: { text: 'with a new key' } });
    await until(() => heard.texts.length === 2, 'the second message');
    await again.close();
    store.close();
    expect(keys.closed).toBe(0);
  });

  it('lets a second store of the same keys register at the same time', async () => {
    const keys = new MemoryKeyStore();
    const name = network.gateway.newAid('nora');
    const stores = [open(keys), open(keys)];
    const outcomes = await Promise.all([...stores, ...stores].map((store) => store.register(name)));
    expect(outcomes.map(codeOf)).toEqual(['ok', 'ok', 'ok', 'ok']);
    for (const store of stores) store.close();
  });

  it('reports its failures as Results', async () => {
    const keys = new MemoryKeyStore();
    const store = open(keys);
    const name = network.gateway.newAid('nora');
    const broken = async (): Promise<never> => {
      throw new KeyStoreError('unsupported', 'storage is refused here');
    };
    keys.loadTrustBundle = broken;
    expect(codeOf(await store.register(name))).toBe('KEYSTORE_ERROR');
    expect(codeOf(await store.exists(name))).toBe('KEYSTORE_ERROR');
    keys.loadTrustBundle = async () => [];
    expect(codeOf(await store.register(name))).toBe('ok');
    keys.listIdentities = broken;
    keys.loadKeyPair = broken;
    expect(codeOf(await store.loadAsync(name))).toBe('KEYSTORE_ERROR');
    expect(codeOf(await store.listAsync())).toBe('LIST_IDENTITIES_FAILED');
    expect(codeOf(await store.changeSeedAsync('a', 'b'))).toBe('PRIVATE_KEY_PARSE_ERROR');
    store.close();
  });

  it('must be a key store', () => {
    const options = { aunPath: '', encryptionSeed: '', keyStore: {} as never };
    expect(() => new face.AIDStore(options)).toThrow('keyStore must be a KeyStore');
  });
});

it('answers on the spot only where the key store does', () => {
  const store = new node.AIDStore({ aunPath: '', encryptionSeed: '', keyStore: new MemoryKeyStore() });
  expect(store.load('nora.example.test')).toMatchObject({
    ok: false,
    error: { code: 'KEYSTORE_ERROR', message: expect.stringContaining('Async') },
  });
  expect(codeOf(store.list())).toBe('KEYSTORE_ERROR');
  expect(store.deviceId).toBe('');
  store.close();
});
