import type { InstanceState, KeyStore } from 'aun-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HandClock, type Harness, type NewHarness } from './harness.js';
import { codeOf, type Issuer, newIssuer, newKeyPair, newPrekey } from './material.js';

const alice = 'alice.conformance.test';
const group = 'g-team01.conformance.test';
const device = 'device-1';
const scope = { deviceId: device, slotId: 'main cli' };
const START = 1_760_000_000_000;

/** Tokens, cursors, prekeys, trust roots, cards, names, outbox (08 §3, §7, §9; 09 §7). */
export function stateSuite(newHarness: NewHarness): void {
  let issuer: Issuer;
  let harness: Harness;
  let store: KeyStore;
  let other: KeyStore;
  const clock = new HandClock(START);
  beforeAll(async () => {
    issuer = await newIssuer();
  });
  beforeEach(async () => {
    clock.time = START;
    harness = await newHarness();
    store = await harness.open({ seed: 'seed', clock });
    other = await harness.open({ seed: 'seed', clock });
  });
  afterEach(() => harness.dispose());

  it('has one device id for all stores of one place, also when both ask first', async () => {
    const ids = await Promise.all([store.deviceId(), other.deviceId(), store.deviceId()]);
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(ids).size).toBe(1);
  });

  it('opens again after close', async () => {
    await store.saveMetadata(alice, { a: 1 });
    await store.close();
    await store.close();
    expect(await store.loadMetadata(alice)).toEqual({ a: 1 });
  });

  describe('instance state', () => {
    it('is shared by slots of one isolation key and by nobody else', async () => {
      await store.updateInstanceState(alice, scope, (state) => ({ ...state, access_token: 'a' }));
      const load = (slotId: string, deviceId = device) =>
        other.loadInstanceState(alice, { deviceId, slotId });
      expect(await load('main')).toEqual({ access_token: 'a' });
      expect(await load('main/worker')).toEqual({ access_token: 'a' });
      expect([await load('side'), await load(''), await load('main', 'device-2')]).toEqual([{}, {}, {}]);
    });

    it('loses no member when two stores update at once', async () => {
      const bump = (who: KeyStore, name: string) =>
        who.updateInstanceState(alice, scope, (state) => ({
          ...state,
          [name]: Number(state[name] ?? 0) + 1,
        }));
      const rounds = Array.from({ length: 20 }, () => [bump(store, 'a'), bump(other, 'b'), bump(other, 'a')]);
      await Promise.all(rounds.flat());
      expect(await store.loadInstanceState(alice, scope)).toEqual({ a: 40, b: 20 });
    });

    it('stays as it was when the update throws', async () => {
      await store.updateInstanceState(alice, scope, () => ({ a: 1 }));
      const failing = (): InstanceState => {
        throw new Error('no');
      };
      await expect(store.updateInstanceState(alice, scope, failing)).rejects.toThrow('no');
      expect(await store.loadInstanceState(alice, scope)).toEqual({ a: 1 });
    });
  });

  it('changes the instance states of all devices and slots of one identity at once (07 §3.10)', async () => {
    const bob = 'bobby.conformance.test';
    const scopes = [scope, { deviceId: device, slotId: '' }, { deviceId: 'device-2', slotId: 'side' }];
    for (const aid of [alice, bob])
      for (const each of scopes)
        await store.updateInstanceState(aid, each, () => ({ access_token: 'a', kept: 1 }));
    await store.saveSeqs(alice, scope, new Map([['p2p:a', 5]]));
    await store.updateInstanceStates(alice, (state) => ({ ...state, access_token: '' }));
    for (const each of scopes) {
      expect(await other.loadInstanceState(alice, each)).toEqual({ access_token: '', kept: 1 });
      expect(await other.loadInstanceState(bob, each)).toEqual({ access_token: 'a', kept: 1 });
    }
    expect(await other.loadSeq(alice, scope, 'p2p:a')).toBe(5);
    await store.updateInstanceStates('nobody.conformance.test', (state) => state);
  });

  it('keeps metadata of any JSON kind and deletes undefined members', async () => {
    await store.saveMetadata(alice, {
      gateway_url: 'wss://x/aun',
      gateway_cached_at: START,
      extra: { a: [1] },
    });
    await store.saveMetadata(alice, { extra: undefined, quoted: '"1"' });
    expect(await other.loadMetadata(alice)).toEqual({
      gateway_url: 'wss://x/aun',
      gateway_cached_at: START,
      quoted: '"1"',
    });
  });

  describe('cursors', () => {
    it('rise and never fall, except by a reset', async () => {
      const save = (seq: number, reset = false) =>
        store.saveSeqs(alice, scope, new Map([['p2p:a', seq]]), { reset });
      await save(5);
      await save(3);
      expect(await other.loadSeq(alice, scope, 'p2p:a')).toBe(5);
      await save(7);
      await save(2, true);
      expect(await other.loadSeq(alice, scope, 'p2p:a')).toBe(2);
      expect(await other.loadSeq(alice, scope, 'p2p:b')).toBe(0);
    });

    it('are taken over from the state of old builds once', async () => {
      await store.updateInstanceState(alice, scope, () => ({
        seq_tracker_state: { 'p2p:a': 9, odd: 'x' },
        kept: 1,
      }));
      expect(await store.loadAllSeqs(alice, scope)).toEqual(new Map([['p2p:a', 9]]));
      expect(await store.loadInstanceState(alice, scope)).toEqual({ kept: 1 });
    });

    it('must be non-negative integers', async () => {
      for (const seq of [-1, 1.5, Number.NaN]) {
        expect(await codeOf(store.saveSeqs(alice, scope, new Map([['n', seq]])))).toBe('invalid_argument');
      }
    });
  });

  it('finds group state under every spelling of the group', async () => {
    const state = {
      groupId: `group.conformance.test/g-team01`,
      stateVersion: 3,
      stateHash: 'ab',
      keyEpoch: 2,
      membershipJson: '[]',
      policyJson: '{}',
    };
    await store.saveGroupState(alice, state);
    const expected = { ...state, groupId: group };
    for (const id of [group, state.groupId, 'g-team01@conformance.test', 'g-team01']) {
      expect(await other.loadGroupState(alice, id)).toEqual(expected);
    }
    expect(await other.loadGroupState(alice, 'g-team02')).toBeNull();
  });

  describe('prekeys', () => {
    for (const groupId of ['', group]) {
      it(`of ${groupId === '' ? 'the device' : 'a group'} come newest first, by time and then by id`, async () => {
        const keys = [newPrekey(groupId, 2), newPrekey(groupId, 3), newPrekey(groupId, 3)];
        for (const key of keys) await store.savePrekey(alice, device, key);
        const ids = keys
          .toSorted((a, b) => b.createdAt - a.createdAt || (a.spkId < b.spkId ? 1 : -1))
          .map((key) => key.spkId);
        expect((await other.listPrekeys(alice, device, groupId)).map((entry) => entry.spkId)).toEqual(ids);
        expect((await other.loadCurrentPrekey(alice, device, groupId))?.spkId).toBe(ids[0]);
        expect(await other.loadPrekey(alice, device, groupId, keys[0]?.spkId ?? '')).toEqual(keys[0]);
        expect(await other.listPrekeys(alice, 'device-2', groupId)).toEqual([]);
      });

      it(`of ${groupId === '' ? 'the device' : 'a group'} remember the last upload while the key exists`, async () => {
        const [first, second] = [newPrekey(groupId, 1), newPrekey(groupId, 2)];
        for (const key of [first, second]) {
          clock.time += 10;
          await store.savePrekey(alice, device, key);
          await store.markPrekeyUploaded(alice, device, groupId, key.spkId);
        }
        clock.time += 10;
        await store.markPrekeyUploaded(alice, device, groupId, 'sha256:0000000000000000');
        expect(await other.loadLatestUploadedPrekeyId(alice, device, groupId)).toBe(second.spkId);
        await store.deletePrekey(alice, device, groupId, second.spkId);
        expect(await other.loadPrekey(alice, device, groupId, second.spkId)).toBeNull();
        expect(await other.loadLatestUploadedPrekeyId(alice, device, groupId)).toBe(first.spkId);
      });
    }

    it('remember the last upload also when the clock was set back, or stands still', async () => {
      const keys = [newPrekey('', 1), newPrekey('', 2), newPrekey('', 3)];
      const times = [START, START - 86_400_000, START - 86_400_000];
      for (const [index, key] of keys.entries()) {
        clock.time = times[index] ?? START;
        await store.savePrekey(alice, device, key);
        await store.markPrekeyUploaded(alice, device, '', key.spkId);
        expect(await other.loadLatestUploadedPrekeyId(alice, device, '')).toBe(key.spkId);
      }
    });

    it('are created once when two stores start at once', async () => {
      const chosen = await Promise.all(
        [store, other, store].map((who) => who.currentPrekeyOrCreate(alice, device, newPrekey('', START))),
      );
      expect(new Set(chosen.map((key) => key.spkId)).size).toBe(1);
      expect(await store.listPrekeys(alice, device, '')).toHaveLength(1);
    });

    it('that are malformed are refused', async () => {
      const wrong = { ...newPrekey('', 1), privateScalar: new Uint8Array(31) };
      expect(await codeOf(store.savePrekey(alice, device, wrong))).toBe('invalid_argument');
    });

    it('stand beside the identity of a group', async () => {
      const keyPair = newKeyPair();
      expect(await store.loadGroupIdentity(alice, device, group)).toBeNull();
      await store.saveGroupIdentity(alice, device, group, keyPair);
      expect(await other.loadGroupIdentity(alice, device, group)).toEqual(keyPair);
      expect(await other.loadIdentityKeyAlias(alice, device, 'sha256:0000000000000000')).toBeNull();
    });
  });

  it('gives trust roots back, each once', async () => {
    expect(await store.loadTrustBundle()).toEqual([]);
    await store.saveIssuerRootCert('conformance.test', issuer.rootPem);
    expect(await other.loadTrustBundle()).toEqual([issuer.rootPem]);
    await store.saveTrustRoots({ version: 1, roots: [] }, [{ name: 'one', certPem: issuer.rootPem }]);
    expect(await other.loadTrustBundle()).toEqual([issuer.rootPem]);
    expect(await other.loadTrustList()).toEqual({ version: 1, roots: [] });
    expect(await codeOf(store.saveIssuerRootCert('x.test', 'garbage'))).toBe('certificate_unreadable');
  });

  describe('cards', () => {
    const content = new TextEncoder().encode('# Nora\r\n');

    it('have the ETag of their bytes, whatever the record says', async () => {
      await store.saveAgentMd(alice, { content, record: { local_etag: '"wrong"', remote_status: 'found' } });
      const entry = await other.loadAgentMd(alice);
      expect(entry.content).toEqual(content);
      expect(entry.record).toMatchObject({ aid: alice, remote_status: 'found', updated_at: START });
      expect(entry.record.local_etag).toMatch(/^"[0-9a-f]{64}"$/);
    });

    it('keep members that are not given or given as undefined or null', async () => {
      await store.saveAgentMd(alice, { record: { remote_etag: '"1"', unknown_member: [1] } });
      await store.saveAgentMd(alice, {
        record: { remote_etag: undefined, last_modified: null, checked_at: 5 },
      });
      expect((await other.loadAgentMd(alice)).record).toMatchObject({
        remote_etag: '"1"',
        unknown_member: [1],
        checked_at: 5,
      });
    });

    it('are only written when something changes', async () => {
      await store.saveAgentMd(alice, { content });
      clock.time += 1000;
      await store.saveAgentMd(alice, { content });
      expect((await store.loadAgentMd(alice)).record.updated_at).toBe(START);
    });
  });

  it('gives a cached group index back, and none for a name that is a path', async () => {
    const entry = {
      indexJsonl: '{"a":1}\n{"b":2}',
      remoteMeta: { etag: '"1"' },
      localEtag: '"2"',
      settings: { title: 'x' },
      entryEtags: { a: '"3"' },
    };
    expect(await store.loadGroupIndex(alice, group)).toBeNull();
    await store.saveGroupIndex(alice, group, entry);
    expect(await other.loadGroupIndex(alice, group)).toEqual(entry);
    await store.saveGroupIndex(alice, '../x', entry);
    expect(await store.loadGroupIndex(alice, '../x')).toBeNull();
  });

  it('keeps an address for seven days', async () => {
    await store.saveDnsEntry('gateway.example.test', '127.0.0.1', 8443);
    expect(await other.loadDnsEntry('gateway.example.test')).toEqual({ ip: '127.0.0.1', port: 8443 });
    expect(await other.loadDnsEntry('other.example.test')).toBeNull();
    clock.time += 7 * 86_400_000 + 1000;
    expect(await other.loadDnsEntry('gateway.example.test')).toBeNull();
  });

  it('keeps the outbox in order', async () => {
    const entry = (messageId: string) => ({
      messageId,
      orderKey: 'bobby.conformance.test',
      enqueuedAt: START,
      expiresAt: null,
      attempts: 0,
      sealed: new Uint8Array([1, 2, 3]),
    });
    for (const id of ['b', 'a', 'c', 'a']) await store.enqueueOutbox(alice, entry(id));
    await store.touchOutbox(alice, 'a');
    await store.removeOutbox(alice, 'c');
    expect(await other.listOutbox(alice)).toEqual([entry('b'), { ...entry('a'), attempts: 1 }]);
    expect(await other.listOutbox('nobody.conformance.test')).toEqual([]);
    const elsewhere = { ...entry('a'), orderKey: 'carol.conformance.test' };
    expect(await codeOf(other.enqueueOutbox(alice, elsewhere))).toBe('invalid_argument');
    expect(await store.listOutbox(alice)).toHaveLength(2);
  });
}
