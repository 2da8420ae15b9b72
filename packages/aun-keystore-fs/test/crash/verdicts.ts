import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { KeyStoreError } from 'aun-core';
import { expect } from 'vitest';
import { FsKeyStore } from '../../src/index.js';
import { aid, device, group, NEW_SEED, OLD_SEED, scope } from './names.js';
import type { Material, ScenarioName } from './scenarios.js';

/** What must be true of a store whose process was killed after reporting the steps in `said`. */
export type Verdict = (path: string, material: Material, said: readonly string[]) => Promise<void>;

const open = (path: string, seed = OLD_SEED): FsKeyStore => new FsKeyStore({ path, seed });

/** A new process repeats the registration: the parked key must be there once the server may have heard of it. */
const registered: Verdict = async (path, material, said) => {
  const store = open(path);
  await finishRegistration(store, material, said.includes('parked'));
  expect(await store.loadKeyPair(aid)).toEqual(material.alice);
  expect(store.loadCertSync(aid)).toBe(material.aliceCert);
  expect((await store.listIdentities()).map((entry) => entry.aid)).toEqual([aid]);
  expect(await store.listPending(aid)).toEqual([]);
  const metadata = await store.loadMetadata(aid);
  if (said.includes('metadata')) expect(metadata.aid).toBe(aid);
  expect(await store.deviceId()).toMatch(/^[0-9a-f-]{36}$/);
  await store.close();
};

/** 08 §5.2 with a server that already knows the key. */
async function finishRegistration(store: FsKeyStore, material: Material, mustExist: boolean): Promise<void> {
  if (store.loadKeyPairSync(aid) !== null) {
    store.saveCertSync(aid, material.aliceCert);
    for (const handle of await store.listPending(aid)) await store.promotePending(handle);
    return;
  }
  for (const handle of await store.listPending(aid)) {
    if ((await store.loadPendingKeyPair(handle)) === null) {
      await store.discardPending(handle);
      continue;
    }
    await store.savePendingCert(handle, material.aliceCert);
    return store.promotePending(handle);
  }
  expect(mustExist).toBe(false);
  const handle = await store.createPending(aid, material.alice);
  await store.savePendingCert(handle, material.aliceCert);
  await store.promotePending(handle);
}

/** Never a moment without a usable key: the old pair, the new pair, or a mix that repairs itself. */
const rekeyed: Verdict = async (path, material, said) => {
  const store = open(path);
  let keyPair = store.loadKeyPairSync(aid);
  if (!agrees(keyPair?.publicKeyDerB64, store.loadCertSync(aid), material)) {
    expect(store.repairKeyPairSync(aid)).toBe(true);
    keyPair = store.loadKeyPairSync(aid);
  }
  expect(agrees(keyPair?.publicKeyDerB64, store.loadCertSync(aid), material)).toBe(true);
  if (said.includes('rekeyed')) expect(keyPair).toEqual(material.next);
  if (said.includes('parked') && keyPair?.publicKeyDerB64 !== material.next.publicKeyDerB64) {
    const parked = await Promise.all(
      (await store.listPending(aid)).map((handle) => store.loadPendingKeyPair(handle)),
    );
    expect(parked).toContainEqual(material.next);
  }
  const all = [keyPair, ...(await store.loadPreviousKeyPairs(aid, 3))];
  expect(all).toContainEqual(material.alice);
  await store.close();
};

function agrees(publicKey: string | undefined, cert: string | null, material: Material): boolean {
  if (publicKey === material.alice.publicKeyDerB64) return cert === material.aliceCert;
  return publicKey === material.next.publicKeyDerB64 && cert === material.nextCert;
}

const tokenSaved: Verdict = async (path, _material, said) => {
  const store = open(path);
  const state = await store.loadInstanceState(aid, scope);
  const old = { access_token: 'one', refresh_token: 'r1', kept: 1 };
  const next = { access_token: 'two', refresh_token: 'r2', kept: 1 };
  expect(said.includes('saved') ? [next] : [old, next]).toContainEqual(state);
  if (said.includes('cursor')) expect(await store.loadSeq(aid, scope, 'p2p:a')).toBe(5);
  await store.close();
};

const prekeyRotated: Verdict = async (path, { prekeys }, said) => {
  const store = open(path);
  const [first, second, third] = prekeys.map((prekey) => prekey.spkId);
  const ids = (await store.listPrekeys(aid, device, '')).map((entry) => entry.spkId);
  expect(ids).toContain(second);
  if (said.includes('saved')) expect(ids[0]).toBe(third);
  if (said.includes('deleted')) expect(ids).not.toContain(first);
  else if (!said.includes('marked')) expect(ids).toContain(first);
  const uploaded = await store.loadLatestUploadedPrekeyId(aid, device, '');
  expect(said.includes('marked') ? [third] : [second, third]).toContain(uploaded);
  for (const id of ids) {
    const loaded = await store.loadPrekey(aid, device, '', id);
    expect(prekeys).toContainEqual(loaded);
  }
  await store.close();
};

/** After any crash all keys are under exactly one seed, and a new change goes through (08 §6.2). */
const seedChanged: Verdict = async (path, material, said) => {
  const [bobKey, parked, bound] = material.others;
  const seeds = [OLD_SEED, NEW_SEED];
  const working: string[] = [];
  for (const seed of seeds) {
    const store = open(path, seed);
    const alice = await readable(() => store.loadKeyPair(aid));
    const bob = await readable(() => store.loadKeyPair('bobby.crash.test'));
    const handles = await store.listPending('carol.crash.test');
    const carol = await readable(() => store.loadPendingKeyPair(handles[0] ?? ''));
    expect(new Set([alice === null, bob === null, carol === null]).size).toBe(1);
    if (alice !== null) {
      working.push(seed);
      expect([alice, bob, carol]).toEqual([material.alice, bobKey, parked]);
      expect(await store.loadPendingBind(group)).toEqual(bound);
    }
    await store.close();
  }
  expect(working).toHaveLength(1);
  if (said.includes('changed')) expect(working).toEqual([NEW_SEED]);
  const store = open(path, working[0] ?? '');
  expect(store.changeSeedSync(working[0] ?? '', 'third seed')).toBe(2);
  expect(store.loadKeyPairSync(aid)).toEqual(material.alice);
  const left = readdirSync(path, { recursive: true }).map(String);
  expect(left.filter((name) => /seed-new|seed-change/.test(name))).toEqual([]);
  await store.close();
};

/** Once decided, a change of seed comes to its end, however often its end is interrupted. */
const seedChangeFinished: Verdict = (path, material, said) =>
  seedChanged(path, material, [...said, 'changed']);

/** An interrupted upgrade leaves the old layout or the new one, everything in it either way (08 §7.2). */
const upgraded: Verdict = async (path, { prekeys: [own, ofGroup] }) => {
  const store = open(path);
  expect(await store.loadInstanceState(aid, scope)).toEqual({ access_token: 'old' });
  expect(await store.loadSeq(aid, scope, 'p2p:a')).toBe(4);
  expect(await store.loadCurrentPrekey(aid, device, '')).toEqual(own);
  expect(await store.loadCurrentPrekey(aid, device, group)).toEqual({ ...ofGroup, groupId: group });
  expect(await store.loadLatestUploadedPrekeyId(aid, device, group)).toBe(ofGroup?.spkId);
  expect(readdirSync(join(path, 'AIDs', aid)).filter((name) => name.includes('corrupt'))).toEqual([]);
  await store.close();
};

async function readable<T>(load: () => Promise<T>): Promise<T | null> {
  try {
    return await load();
  } catch (error) {
    if (error instanceof KeyStoreError && error.code === 'private_key_unreadable') return null;
    throw error;
  }
}

export const verdicts: Readonly<Record<ScenarioName, Verdict>> = {
  register: registered,
  registerBesideCard: registered,
  rekey: rekeyed,
  saveToken: tokenSaved,
  rotatePrekey: prekeyRotated,
  changeSeed: seedChanged,
  finishSeedChange: seedChangeFinished,
  upgrade: upgraded,
};
