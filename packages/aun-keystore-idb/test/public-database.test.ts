import { createCipheriv, createDecipheriv, createHash, pbkdf2Sync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newIssuer, newKeyPair, newPrekey } from '../../aun-keystore-fs/test/conformance/material.js';
import { newPlatform, openStore } from './places.js';
import { rawGet, rawPut } from './raw-database.js';

const aid = 'alice.public.test';
const group = 'g-team01.public.test';
const scope = { deviceId: 'dev 1', slotId: 'main cli' };

interface Envelope {
  readonly ct: string;
  readonly iv: string;
  readonly salt: string;
}

const keyOf = (seed: string, salt: Buffer): Buffer => pbkdf2Sync(seed, salt, 100_000, 32, 'sha256');

/** 08 §10.2 with Node's own cryptography: nothing of the store is used on this side. */
function seal(seed: string, pem: string): Envelope {
  const [salt, iv] = [randomBytes(16), randomBytes(12)];
  const cipher = createCipheriv('aes-256-gcm', keyOf(seed, salt), iv);
  const ct = Buffer.concat([cipher.update(pem, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { ct: ct.toString('base64'), iv: iv.toString('base64'), salt: salt.toString('base64') };
}

function unseal(seed: string, { ct, iv, salt }: Envelope): string {
  const sealed = Buffer.from(ct, 'base64');
  const key = keyOf(seed, Buffer.from(salt, 'base64'));
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'));
  decipher.setAuthTag(sealed.subarray(-16));
  return decipher.update(sealed.subarray(0, -16), undefined, 'utf8') + decipher.final('utf8');
}

const recordOf = (keyPair: ReturnType<typeof newKeyPair>, seed: string) => ({
  public_key_der_b64: keyPair.publicKeyDerB64,
  curve: 'P-256',
  _encrypted_pk: seal(seed, keyPair.privateKeyPem),
});

const fingerprintOf = (pem: string): string => {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return `sha256:${createHash('sha256').update(der).digest('hex')}`;
};

describe('databases that the public browser SDK wrote (08 §10)', () => {
  it('give their keys, certificates, tokens, cursors, metadata, group state and pending material', async () => {
    const platform = newPlatform();
    const store = openStore({ platform, seed: 'Sëed ' });
    await store.listIdentities();
    const issuer = await newIssuer();
    const [own, pending, parked] = [newKeyPair(), newKeyPair(), newKeyPair()];
    const [cert, older] = [await issuer.issue(aid, own), await issuer.issue(aid, own, Date.now() - 60_000)];
    const put = (name: string, key: string, value: unknown) =>
      rawPut(platform, 'aun-keystore', name, value, key);
    await put('key_pairs', aid, recordOf(own, 'Sëed '));
    await put('certs', aid, cert);
    await put('certs', `${aid}|${encodeURIComponent(fingerprintOf(older))}`, older);
    await put('metadata', aid, { gateway_url: 'wss://x/aun', gateway_cached_at: 7, nested: { a: [1] } });
    await put('instance_state', `${aid}|dev%201|main`, { access_token: 'at', kite_token: 'kt' });
    await put('instance_state', `${aid}|dev%201|_singleton`, { access_token: 'single' });
    const p2p = `p2p:${aid}`;
    const cursor = { contiguous_seq: 41, updated_at: 1 };
    await put('instance_state', `_seq_|${aid}|dev%201|main|${encodeURIComponent(p2p)}`, cursor);
    await put('instance_state', '__trust_roots:issuer:public.test', issuer.rootPem);
    await put('group_state', encodeURIComponent(group), {
      group_id: group,
      state_version: 3,
      state_hash: 'ab',
      key_epoch: 2,
      membership_json: '[]',
      policy_json: '{}',
      updated_at: 1,
    });
    const handle = 'carol.public.test-0a1b2c3d-1760000000';
    await put('pending_identities', handle, {
      aid: 'carol.public.test',
      key_pair: recordOf(pending, 'Sëed '),
      created_at: 1,
      updated_at: 1,
    });
    await put('pending_binds', 'group.public.test/room', recordOf(parked, 'Sëed '));

    expect(await store.loadKeyPair(aid)).toEqual(own);
    expect(await store.listIdentities()).toEqual([{ aid, certPem: cert }]);
    expect(await store.loadCert(aid, fingerprintOf(older))).toBe(older);
    expect(await store.loadMetadata(aid)).toMatchObject({ gateway_cached_at: 7, nested: { a: [1] } });
    expect(await store.loadInstanceState(aid, scope)).toEqual({ access_token: 'at', kite_token: 'kt' });
    expect(await store.loadInstanceState(aid, { ...scope, slotId: '' })).toEqual({ access_token: 'single' });
    expect(await store.loadAllSeqs(aid, scope)).toEqual(new Map([[p2p, 41]]));
    expect(await store.loadTrustBundle()).toEqual([issuer.rootPem]);
    expect((await store.loadGroupState(aid, group))?.stateVersion).toBe(3);
    expect(await store.listPending('carol.public.test')).toEqual([handle]);
    expect(await store.loadPendingKeyPair(handle)).toEqual(pending);
    expect(await store.loadPendingBind(' group.public.test/room ')).toEqual(parked);
  });
});

describe('databases that ours wrote (08 §10)', () => {
  it('hold records of the members, keys and encryption that 08 gives', async () => {
    const platform = newPlatform();
    const store = openStore({ platform, seed: 'seed' });
    const issuer = await newIssuer();
    const [own, parked, ofGroup] = [newKeyPair(), newKeyPair(), newKeyPair()];
    const cert = await issuer.issue(aid, own);
    const handle = await store.createPending(aid, own);
    const get = (name: string, key: string) => rawGet(platform, 'aun-keystore', name, key);
    const pending = (await get('pending_identities', handle)) as Record<string, unknown>;
    expect(Object.keys(pending).sort()).toEqual(['aid', 'created_at', 'key_pair', 'updated_at']);
    expect([pending.aid, handle.length]).toEqual([aid, aid.length + 20]);
    await store.savePendingCert(handle, cert);
    await store.promotePending(handle);
    await store.savePendingBind(group, parked);
    await store.updateInstanceState(aid, scope, () => ({ access_token: 'at' }));
    await store.saveSeqs(aid, scope, new Map([['p2p:x', 5]]));
    const prekey = newPrekey('', 10);
    await store.savePrekey(aid, scope.deviceId, prekey);
    await store.markPrekeyUploaded(aid, scope.deviceId, '', prekey.spkId);
    await store.saveGroupIdentity(aid, scope.deviceId, group, ofGroup);

    for (const [name, key, keyPair] of [
      ['key_pairs', aid, own],
      ['pending_binds', group, parked],
    ] as const) {
      const record = (await get(name, key)) as {
        public_key_der_b64: string;
        curve: string;
        _encrypted_pk: Envelope;
      };
      expect(Object.keys(record).sort()).toEqual(['_encrypted_pk', 'curve', 'public_key_der_b64']);
      expect(Object.keys(record._encrypted_pk).sort()).toEqual(['ct', 'iv', 'salt']);
      expect([record.public_key_der_b64, record.curve]).toEqual([keyPair.publicKeyDerB64, 'P-256']);
      const { iv, salt } = record._encrypted_pk;
      expect([iv, salt].map((part) => Buffer.from(part, 'base64').length)).toEqual([12, 16]);
      expect(unseal('seed', record._encrypted_pk)).toBe(keyPair.privateKeyPem);
    }
    expect(await get('certs', aid)).toBe(cert);
    expect(await get('instance_state', `${aid}|dev%201|main`)).toEqual({ access_token: 'at' });
    expect(await get('instance_state', `_seq_|${aid}|dev%201|main|p2p%3Ax`)).toEqual({
      contiguous_seq: 5,
      updated_at: expect.any(Number),
    });
    const device = `aid:${aid}|device:dev%201`;
    const row = (type: string, groupId: string, id: string) =>
      rawGet(platform, 'aun_v2', 'v2_device_keys', [device, type, groupId, id]);
    expect(await row('spk_uploaded', '', prekey.spkId)).toMatchObject({
      private_key: new Uint8Array(0),
      public_key: new Uint8Array(0),
    });
    expect(await row('group_identity', group, '')).toMatchObject({
      private_key: new TextEncoder().encode(ofGroup.privateKeyPem),
      public_key: new Uint8Array(Buffer.from(ofGroup.publicKeyDerB64, 'base64')),
    });
    expect(await row('ik', '', '')).toBeUndefined();
  });
});
