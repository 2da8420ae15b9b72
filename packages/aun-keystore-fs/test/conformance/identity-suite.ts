import type { KeyStore } from 'aun-core';
import { parseCertificate } from 'aun-pki';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Harness, NewHarness } from './harness.js';
import { codeOf, type Issuer, newIssuer, newKeyPair } from './material.js';

const alice = 'alice.conformance.test';
const bob = 'bobby.conformance.test';
const DAY = 86_400_000;

function fingerprintOf(pem: string): string {
  const parsed = parseCertificate(pem);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.data.fingerprint;
}

/** Identities, certificates and pending material (08 §4 to §6, §8.3). */
export function identitySuite(newHarness: NewHarness): void {
  let issuer: Issuer;
  let harness: Harness;
  let store: KeyStore;
  beforeAll(async () => {
    issuer = await newIssuer();
  });
  beforeEach(async () => {
    harness = await newHarness();
    store = await harness.open({ seed: 'seed' });
  });
  afterEach(() => harness.dispose());

  describe('key pairs', () => {
    it('answers null for an AID without key', async () => {
      expect(await store.loadKeyPair(alice)).toBeNull();
    });

    it('gives a key back to another store with the same seed, and to none with another', async () => {
      const keyPair = newKeyPair();
      await store.saveKeyPair(alice, keyPair);
      expect(await (await harness.open({ seed: 'seed' })).loadKeyPair(alice)).toEqual(keyPair);
      expect(await codeOf((await harness.open({ seed: 'Seed' })).loadKeyPair(alice))).toBe(
        'private_key_unreadable',
      );
    });

    it('refuses a private key that is none', async () => {
      const wrong = { ...newKeyPair(), privateKeyPem: 'no pem' };
      expect(await codeOf(store.saveKeyPair(alice, wrong))).toBe('invalid_argument');
    });

    it('keeps replaced keys, newest first, without the active one', async () => {
      const keys = [newKeyPair(), newKeyPair(), newKeyPair()] as const;
      for (const key of keys) await store.saveKeyPair(alice, key);
      await store.saveKeyPair(alice, keys[2]);
      expect(await store.loadPreviousKeyPairs(alice, 3)).toEqual([keys[1], keys[0]]);
      expect(await store.loadPreviousKeyPairs(alice, 1)).toEqual([keys[1]]);
    });

    it('refuses names that cannot be an entry', async () => {
      for (const name of ['', '.', '..', '_pending', '_pending_binds']) {
        expect(await codeOf(store.saveKeyPair(name, newKeyPair()))).toBe('invalid_argument');
      }
    });
  });

  describe('listing', () => {
    it('names own identities in order, and neither peers nor broken entries', async () => {
      for (const aid of [bob, alice]) {
        const keyPair = newKeyPair();
        await store.saveKeyPair(aid, keyPair);
        await store.saveCert(aid, await issuer.issue(aid, keyPair));
      }
      await store.saveCert(
        'peer.conformance.test',
        await issuer.issue('peer.conformance.test', newKeyPair()),
      );
      await store.saveKeyPair('nocert.conformance.test', newKeyPair());
      const listed = await store.listIdentities();
      expect(listed.map((entry) => entry.aid)).toEqual([alice, bob]);
      expect(listed[0]?.certPem).toBe(await store.loadCert(alice));
    });

    it('opens no key: a store with a wrong seed lists the same', async () => {
      const keyPair = newKeyPair();
      await store.saveKeyPair(alice, keyPair);
      await store.saveCert(alice, await issuer.issue(alice, keyPair));
      const other = await harness.open({ seed: 'wrong' });
      expect((await other.listIdentities()).map((entry) => entry.aid)).toEqual([alice]);
    });

    it('sees what changed since the last listing', async () => {
      const keyPair = newKeyPair();
      await store.saveKeyPair(alice, keyPair);
      expect(await store.listIdentities()).toEqual([]);
      const pem = await issuer.issue(alice, keyPair);
      await store.saveCert(alice, pem);
      expect(await store.listIdentities()).toEqual([{ aid: alice, certPem: pem }]);
    });
  });

  describe('certificates', () => {
    it('keeps a version by fingerprint apart from the active certificate', async () => {
      const pem = await issuer.issue(bob, newKeyPair());
      await store.saveCert(bob, pem, { active: false });
      expect(await store.loadCert(bob)).toBeNull();
      expect(await store.loadCert(bob, fingerprintOf(pem))).toBe(pem);
      expect(await store.loadCert(bob, `sha256:${'0'.repeat(64)}`)).toBeNull();
    });

    it('finds the active certificate by its fingerprint, and replaced ones as versions', async () => {
      const first = await issuer.issue(bob, newKeyPair());
      const second = await issuer.issue(bob, newKeyPair());
      await store.saveCert(bob, first);
      await store.saveCert(bob, second);
      expect(await store.loadCert(bob)).toBe(second);
      expect(await store.loadCert(bob, fingerprintOf(second))).toBe(second);
      expect(await store.loadCert(bob, fingerprintOf(first))).toBe(first);
    });

    it('never gives an own identity the certificate of another key or name', async () => {
      const keyPair = newKeyPair();
      await store.saveKeyPair(alice, keyPair);
      const own = await issuer.issue(alice, keyPair);
      await store.saveCert(alice, own);
      for (const wrong of [await issuer.issue(alice, newKeyPair()), await issuer.issue(bob, keyPair)]) {
        expect(await codeOf(store.saveCert(alice, wrong))).toBe('certificate_conflict');
      }
      expect(await store.loadCert(alice)).toBe(own);
    });

    it('does not undo a renewal with an older certificate of the same key', async () => {
      const keyPair = newKeyPair();
      await store.saveKeyPair(alice, keyPair);
      const older = await issuer.issue(alice, keyPair);
      const newer = await issuer.issue(alice, keyPair, Date.now() + DAY);
      await store.saveCert(alice, newer);
      expect(await codeOf(store.saveCert(alice, older))).toBe('certificate_conflict');
      expect(await store.loadCert(alice)).toBe(newer);
      expect(await store.loadCert(alice, fingerprintOf(older))).toBe(older);
    });

    it('refuses what is no certificate', async () => {
      expect(await codeOf(store.saveCert(alice, 'garbage'))).toBe('certificate_unreadable');
    });
  });

  describe('pending material', () => {
    it('becomes the identity when promoted', async () => {
      const keyPair = newKeyPair();
      const handle = await store.createPending(alice, keyPair);
      expect(await store.listPending(alice)).toEqual([handle]);
      expect(await store.listPending('alic.conformance.test')).toEqual([]);
      expect(await store.loadPendingKeyPair(handle)).toEqual(keyPair);
      const pem = await issuer.issue(alice, keyPair);
      await store.savePendingCert(handle, pem);
      expect(await store.loadPendingCert(handle)).toBe(pem);
      expect(await store.loadKeyPair(alice)).toBeNull();
      await store.promotePending(handle);
      expect(await store.loadKeyPair(alice)).toEqual(keyPair);
      expect(await store.loadCert(alice)).toBe(pem);
      expect(await store.listPending(alice)).toEqual([]);
    });

    it('is promoted into an entry that only holds a card and a certificate', async () => {
      await store.saveAgentMd(alice, { content: new TextEncoder().encode('# Alice\n') });
      await store.saveCert(alice, await issuer.issue(alice, newKeyPair()));
      const keyPair = newKeyPair();
      const handle = await store.createPending(alice, keyPair);
      const pem = await issuer.issue(alice, keyPair);
      await store.savePendingCert(handle, pem);
      await store.promotePending(handle);
      expect([await store.loadKeyPair(alice), await store.loadCert(alice)]).toEqual([keyPair, pem]);
      expect((await store.loadAgentMd(alice)).content).not.toBeNull();
    });

    it('does not replace another key, unless asked to, and then keeps the old one', async () => {
      const [old, next] = [newKeyPair(), newKeyPair()];
      await store.saveKeyPair(alice, old);
      await store.saveCert(alice, await issuer.issue(alice, old));
      const handle = await store.createPending(alice, next);
      const pem = await issuer.issue(alice, next);
      await store.savePendingCert(handle, pem);
      expect(await codeOf(store.promotePending(handle))).toBe('identity_exists');
      expect(await store.loadKeyPair(alice)).toEqual(old);
      await store.promotePending(handle, { replace: true });
      expect([await store.loadKeyPair(alice), await store.loadCert(alice)]).toEqual([next, pem]);
      expect(await store.loadPreviousKeyPairs(alice, 3)).toEqual([old]);
    });

    it('refuses a certificate of another key', async () => {
      const handle = await store.createPending(alice, newKeyPair());
      await store.savePendingCert(handle, await issuer.issue(alice, newKeyPair()));
      expect(await codeOf(store.promotePending(handle))).toBe('certificate_conflict');
    });

    it('refuses a certificate of another name', async () => {
      const keyPair = newKeyPair();
      const handle = await store.createPending(alice, keyPair);
      await store.savePendingCert(handle, await issuer.issue(bob, keyPair));
      expect(await codeOf(store.promotePending(handle))).toBe('certificate_conflict');
      expect(await store.listPending(alice)).toEqual([handle]);
    });

    it('does not undo a renewal when a promotion is repeated after a crash', async () => {
      const keyPair = newKeyPair();
      const first = await issuer.issue(alice, keyPair);
      const renewed = await issuer.issue(alice, keyPair, Date.now() + DAY);
      await store.saveKeyPair(alice, keyPair);
      await store.saveCert(alice, renewed);
      const handle = await store.createPending(alice, keyPair);
      await store.savePendingCert(handle, first);
      await store.promotePending(handle);
      expect(await store.loadCert(alice)).toBe(renewed);
      expect(await store.loadCert(alice, fingerprintOf(first))).toBe(first);
      expect(await store.listPending(alice)).toEqual([]);
    });

    it('is taken for the longest name', async () => {
      const long = `${'a'.repeat(64)}.${'b'.repeat(135)}`;
      const keyPair = newKeyPair();
      const handle = await store.createPending(long, keyPair);
      await store.promotePending(handle);
      expect(await store.loadKeyPair(long)).toEqual(keyPair);
    });

    it('can be discarded, and is then not found', async () => {
      const handle = await store.createPending(alice, newKeyPair());
      await store.discardPending(handle);
      await store.discardPending(handle);
      expect(await store.listPending(alice)).toEqual([]);
      expect(await codeOf(store.promotePending(handle))).toBe('not_found');
    });

    it('finishes a rekey whose certificate arrived but whose key did not', async () => {
      const [old, next] = [newKeyPair(), newKeyPair()];
      await store.saveCert(alice, await issuer.issue(alice, next));
      await store.saveKeyPair(alice, old);
      expect(await store.repairKeyPair(alice)).toBe(false);
      await store.createPending(alice, next);
      expect(await store.repairKeyPair(alice)).toBe(true);
      expect(await store.loadKeyPair(alice)).toEqual(next);
    });

    it('parks group keys', async () => {
      const keyPair = newKeyPair();
      const group = ' group.conformance.test/room ';
      expect(await store.loadPendingBind(group)).toBeNull();
      await store.savePendingBind(group, keyPair);
      expect(await store.loadPendingBind(group.trim())).toEqual(keyPair);
      await store.clearPendingBind(group);
      expect(await store.loadPendingBind(group)).toBeNull();
    });
  });

  describe('change of seed', () => {
    it('re-encrypts identities and pending material, all or none', async () => {
      const keys = [newKeyPair(), newKeyPair(), newKeyPair(), newKeyPair()] as const;
      await store.saveKeyPair(alice, keys[0]);
      await store.saveKeyPair(bob, keys[1]);
      const handle = await store.createPending('carol.conformance.test', keys[2]);
      await store.savePendingBind('g-room1.conformance.test', keys[3]);
      expect(await store.changeSeed('seed', 'next')).toBe(2);
      for (const open of [store, await harness.open({ seed: 'next' })]) {
        expect(await open.loadKeyPair(alice)).toEqual(keys[0]);
        expect(await open.loadKeyPair(bob)).toEqual(keys[1]);
        expect(await open.loadPendingKeyPair(handle)).toEqual(keys[2]);
        expect(await open.loadPendingBind('g-room1.conformance.test')).toEqual(keys[3]);
      }
      expect(await codeOf((await harness.open({ seed: 'seed' })).loadKeyPair(alice))).toBe(
        'private_key_unreadable',
      );
    });

    it('includes identities whose name begins with an underscore (07 §2.5, §3.11)', async () => {
      const under = '_under.conformance.test';
      const keyPair = newKeyPair();
      await store.saveKeyPair(under, keyPair);
      expect(await store.changeSeed('seed', 'next')).toBe(1);
      expect(await (await harness.open({ seed: 'next' })).loadKeyPair(under)).toEqual(keyPair);
    });

    it('refuses a wrong old seed and changes nothing', async () => {
      const keyPair = newKeyPair();
      await store.saveKeyPair(alice, keyPair);
      expect(await codeOf(store.changeSeed('wrong', 'next'))).toBe('private_key_unreadable');
      expect(await store.loadKeyPair(alice)).toEqual(keyPair);
    });

    it('refuses an empty store, and an empty seed unless allowed', async () => {
      expect(await codeOf(store.changeSeed('seed', 'next'))).toBe('seed_refused');
      await store.saveKeyPair(alice, newKeyPair());
      expect(await codeOf(store.changeSeed('seed', ''))).toBe('invalid_argument');
      expect(await store.changeSeed('seed', '', { allowEmpty: true })).toBe(1);
      expect(await store.changeSeed('', '')).toBe(0);
    });
  });

  describe('identity lock', () => {
    it('lets one procedure at a time work on an identity', async () => {
      const other = await harness.open({ seed: 'seed' });
      const log: string[] = [];
      const work = (who: KeyStore, name: string) =>
        who.lockIdentity(alice, async () => {
          log.push(`${name} in`);
          await who.saveMetadata(alice, { [name]: 1 });
          await who.lockIdentity(alice, async () => log.push(`${name} again`));
          log.push(`${name} out`);
        });
      await Promise.all([work(store, 'a'), work(other, 'b'), work(store, 'c')]);
      expect(log).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} in`, `${name} again`, `${name} out`]));
    });

    it('is free again after a procedure failed', async () => {
      await expect(store.lockIdentity(alice, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
      expect(await store.lockIdentity(alice, async () => 7)).toBe(7);
    });
  });
}
