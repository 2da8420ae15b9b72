import { type KeyPairRecord, KeyStoreError, type PrekeyRecord } from 'aun-core';
import { base64Encode, hexEncode, PrivateKey } from 'aun-crypto';
import type { IdbKeyStore } from 'aun-keystore-idb';
import { createIntermediateCa, createRootCa, issueCertificate } from 'aun-pki/issue';

export const newKeyPair = (): KeyPairRecord => {
  const key = PrivateKey.generate();
  return { privateKeyPem: key.toPem(), publicKeyDerB64: base64Encode(key.publicKey.spki), curve: 'P-256' };
};

export const newPrekey = (groupId = ''): PrekeyRecord => {
  const key = PrivateKey.generate();
  const { publicKey } = key;
  return {
    spkId: publicKey.keyId(),
    groupId,
    privateScalar: key.toScalar(),
    publicSpki: publicKey.spki,
    createdAt: Date.now(),
  };
};

async function certificateOf(aid: string, keyPair: KeyPairRecord): Promise<string> {
  const root = await createRootCa({ commonName: 'Browser Root' });
  const registry = await createIntermediateCa(root, { commonName: 'Browser Registry', role: 'registry' });
  const issuer = await createIntermediateCa(registry, { commonName: 'browser.test' });
  const { publicKey } = PrivateKey.fromPem(keyPair.privateKeyPem);
  return (await issueCertificate(issuer, { profile: 'agent', commonName: aid, publicKey })).pem;
}

/** The code a promise fails with; null when it does not fail. */
export async function codeOf(work: Promise<unknown>): Promise<string | null> {
  try {
    await work;
    return null;
  } catch (error) {
    return error instanceof KeyStoreError ? error.code : String(error);
  }
}

/** What the contract promises, on the browser's own IndexedDB: the names of what did not hold. */
export async function contractFailures(open: (seed: string) => IdbKeyStore, aid: string): Promise<string[]> {
  const failures: string[] = [];
  const holds = (what: string, condition: boolean): void => {
    if (!condition) failures.push(what);
  };
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  const [store, other, stranger] = [open('seed'), open('seed'), open('other')];
  const [first, second] = [newKeyPair(), newKeyPair()];
  const scope = { deviceId: 'device-1', slotId: 'main cli' };

  const handle = await store.createPending(aid, first);
  await store.savePendingCert(handle, await certificateOf(aid, first));
  await store.promotePending(handle);
  holds('promotion', same(await other.loadKeyPair(aid), first) && same(await other.listPending(aid), []));
  holds(
    'listing',
    (await other.listIdentities()).some((entry) => entry.aid === aid),
  );
  holds('wrong seed', (await codeOf(stranger.loadKeyPair(aid))) === 'private_key_unreadable');
  const late = await store.createPending(aid, second);
  holds('no silent replacing', (await codeOf(store.promotePending(late))) === 'identity_exists');
  await store.promotePending(late, { replace: true });
  holds('replaced keys stay', same(await other.loadPreviousKeyPairs(aid, 3), [first]));
  const foreign = await certificateOf(aid, newKeyPair());
  holds('certificate guard', (await codeOf(other.saveCert(aid, foreign))) === 'certificate_conflict');

  const bump = (who: IdbKeyStore) =>
    who.updateInstanceState(aid, scope, (state) => ({ ...state, n: Number(state.n ?? 0) + 1 }));
  await Promise.all(Array.from({ length: 20 }, (_, index) => bump(index % 2 === 0 ? store : other)));
  holds('no lost update', (await store.loadInstanceState(aid, { ...scope, slotId: 'main' })).n === 20);
  await store.saveSeqs(aid, scope, new Map([['p2p:a', 5]]));
  await other.saveSeqs(aid, scope, new Map([['p2p:a', 3]]));
  holds('cursors never fall', (await store.loadSeq(aid, scope, 'p2p:a')) === 5);

  const prekey = newPrekey('g-team01.browser.test');
  await store.savePrekey(aid, 'device-1', prekey);
  await store.markPrekeyUploaded(aid, 'device-1', prekey.groupId, prekey.spkId);
  const loaded = await other.loadCurrentPrekey(aid, 'device-1', prekey.groupId);
  holds(
    'prekey bytes',
    hexEncode(loaded?.privateScalar ?? new Uint8Array(0)) === hexEncode(prekey.privateScalar),
  );
  holds(
    'upload marker',
    (await other.loadLatestUploadedPrekeyId(aid, 'device-1', prekey.groupId)) === prekey.spkId,
  );
  await store.saveAgentMd(aid, { content: new Uint8Array([0xff, 0x0a]) });
  holds('card bytes', hexEncode((await other.loadAgentMd(aid)).content ?? new Uint8Array(0)) === 'ff0a');
  const message = { orderKey: 'b', enqueuedAt: 1, expiresAt: null, attempts: 0, sealed: new Uint8Array([1]) };
  for (const messageId of ['b', 'a', 'b']) await store.enqueueOutbox(aid, { ...message, messageId });
  const queued = (await other.listOutbox(aid)).map(({ messageId }) => messageId);
  holds('outbox order', same(queued, ['b', 'a']));
  holds('device id', (await store.deviceId()) === (await other.deviceId()));

  holds('seed refused', (await codeOf(store.changeSeed('wrong', 'next'))) === 'private_key_unreadable');
  await store.changeSeed('seed', 'next');
  holds('seed changed', same(await open('next').loadKeyPair(aid), second));
  await store.changeSeed('next', 'seed');
  return failures;
}
