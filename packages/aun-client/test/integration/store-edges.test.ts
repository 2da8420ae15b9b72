import { copyFile, cp } from 'node:fs/promises';
import { join } from 'node:path';
import { ErrorCodes, ValidationError } from 'aun-core';
import { FsKeyStore } from 'aun-keystore-fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { card, codeOf, ok, okAsync, TestNetwork, until } from '../support/network.js';

describe('a store at its edges', () => {
  let network: TestNetwork;
  beforeAll(async () => {
    network = await TestNetwork.start();
  });
  afterAll(() => network.stop());

  const keysOf = (path: string): FsKeyStore => new FsKeyStore({ path, seed: 'test seed' });

  it('lets its clients remember and probe the gateway that it has discovered (07 §6.4, §6.5)', async () => {
    const { aid, store } = await network.identity('nora');
    const client = network.client(aid);
    await client.connect();
    await until(() => client.gatewayHealth === true, 'the health after the discovery');
    const keys = keysOf(store.aunPath);
    const { gateway_url, gateway_cached_at } = await keys.loadMetadata(aid.aid);
    expect(gateway_url).toBe(network.gateway.gatewayUrl);
    expect(gateway_cached_at).toBeTypeOf('number');
    await keys.close();
    await client.close();
  });

  it('gives the certificate of the PKI, and keeps its own, when they carry different keys (07 §3.7)', async () => {
    const { aid, store } = await network.identity('nora');
    const copy = await network.folder();
    await cp(store.aunPath, copy, { recursive: true });
    await okAsync(store.rekey(aid.aid));
    const behind = await network.store({ aunPath: copy });
    const resolved = await okAsync(behind.resolve(aid.aid, { forceRefresh: true, skipAgentMd: true }));
    expect(resolved.aid.certFingerprint).toBe(ok(store.load(aid.aid)).aid.certFingerprint);
    expect(resolved.aid.isPrivateKeyValid()).toBe(false);
    const kept = ok(behind.load(aid.aid)).aid;
    expect([kept.certFingerprint, kept.isPrivateKeyValid()]).toEqual([aid.certFingerprint, true]);
  });

  it('holds every caller of resolve to its own timeout only (07 §3.7)', async () => {
    const { aid, store: owner } = await network.identity('nora');
    await okAsync(owner.uploadAgentMd(aid.aid, card(aid.aid)));
    const store = await network.store();
    const hurried = store.resolve(aid.aid, { timeout: 1 });
    const patient = store.resolve(aid.aid);
    expect(codeOf(await hurried)).toBe(ErrorCodes.NETWORK_ERROR);
    expect(codeOf(await patient)).toBe('ok');
    const impatient = store.fetchAgentMd(aid.aid, 1);
    expect(codeOf(await store.fetchAgentMd(aid.aid))).toBe('ok');
    expect(codeOf(await impatient)).toBe(ErrorCodes.NETWORK_ERROR);
    expect(codeOf(await store.resolve(aid.aid, { timeout: 1, forceRefresh: true }))).toBe(
      ErrorCodes.NETWORK_ERROR,
    );
    expect(codeOf(await store.resolve(aid.aid))).toBe('ok');
  });

  it('holds lookupPeer to the timeout of the caller (07 §6.8)', async () => {
    const nora = await network.identity('nora');
    const omar = await network.identity('omar');
    const client = network.client(nora.aid);
    const hurried = client.lookupPeer(omar.aid.aid, { timeout: 1 }).catch((error: Error) => error.name);
    const patient = client.lookupPeer(omar.aid.aid);
    expect(await hurried).toBe('TimeoutError');
    expect((await patient).aid).toBe(omar.aid.aid);
  });

  it('drops the tokens of all slots of an identity that was re-keyed (07 §3.10)', async () => {
    const { aid, store } = await network.identity('nora');
    const client = network.client(aid);
    await client.connect({ slot_id: 'main' });
    await client.close();
    const scope = { deviceId: store.deviceId, slotId: 'main' };
    const keys = keysOf(store.aunPath);
    expect((await keys.loadInstanceState(aid.aid, scope)).access_token).not.toBe('');
    await okAsync(store.rekey(aid.aid));
    expect(await keys.loadInstanceState(aid.aid, scope)).toMatchObject({
      access_token: '',
      refresh_token: '',
    });
    await keys.close();
  });

  it('lists and re-encrypts identities whose name begins with an underscore (07 §2.5, §3.11)', async () => {
    const { aid, store } = await network.identity('_under');
    expect(ok(store.list()).identities.map((entry) => entry.aid)).toEqual([aid.aid]);
    expect(ok(store.changeSeed('test seed', 'next'))).toEqual({ changed: true, count: 1 });
    expect(ok(store.load(aid.aid)).aid.isPrivateKeyValid()).toBe(true);
  });

  it.each([
    ['empty', ''],
    ['a dot', '.'],
    ['two dots', '..'],
    ['_pending', '_pending'],
    ['_pending_binds', '_pending_binds'],
    ['300 letters', `${'x'.repeat(300)}.test`],
  ])('finds nothing under a name that cannot be stored: %s (07 §3.2)', async (_, name) => {
    const store = await network.store();
    expect(codeOf(store.load(name))).toBe(ErrorCodes.CERT_NOT_FOUND);
    expect(codeOf(await store.loadAsync(name))).toBe(ErrorCodes.CERT_NOT_FOUND);
    expect(codeOf(await store.diagnose(name))).toBe('ok');
  });

  it('says KEYSTORE_ERROR to nobody who asks for an AID too long to be stored', async () => {
    const store = await network.store();
    const name = `nora.${'x'.repeat(300)}.test`;
    expect(codeOf(await store.register(name))).toBe(ErrorCodes.INVALID_AID_FORMAT);
  });

  it.each([123, null, undefined, {}])('calls %j no AID, and never throws (07 §2.2, R2)', async (value) => {
    const store = await network.store();
    const name = value as never;
    expect(codeOf(store.load(name))).toBe(ErrorCodes.INVALID_AID_FORMAT);
    expect(codeOf(await store.loadAsync(name))).toBe(ErrorCodes.INVALID_AID_FORMAT);
    for (const result of [
      await store.register(name),
      await store.exists(name),
      await store.resolve(name),
      await store.fetchAgentMd(name),
      await store.checkAgentMd(name),
      await store.headAgentMd(name),
      await store.uploadAgentMd(name),
      await store.renewCert(name),
      await store.rekey(name),
    ])
      expect(codeOf(result)).toBe(ErrorCodes.INVALID_AID_FORMAT);
    const diagnosis = await okAsync(store.diagnose(name));
    expect(diagnosis).toMatchObject({
      status: 'unknown',
      local: { cert: false },
      remote: { checked: false },
    });
    expect(codeOf(store.importGroupIdentity(name, {}))).toBe(ErrorCodes.INVALID_AID_FORMAT);
    expect(codeOf(await store.importGroupIdentityAsync(name, {}))).toBe(ErrorCodes.INVALID_AID_FORMAT);
  });

  it('says of material that is none what is missing (07 §3.12)', async () => {
    const store = await network.store();
    expect(codeOf(store.importGroupIdentity('team.aun.localhost', null as never))).toBe(
      ErrorCodes.PRIVATE_KEY_PARSE_ERROR,
    );
  });

  it('refuses other arguments of a wrong type with ValidationError (07 R2)', async () => {
    const { aid, store } = await network.identity('nora');
    const wrong = 5 as never;
    expect(() => store.changeSeed(wrong, 'next')).toThrow(ValidationError);
    expect(() => store.changeSeed('next', wrong)).toThrow(ValidationError);
    expect(() => store.changeSeed('test seed', 'next', wrong)).toThrow(ValidationError);
    const refused = [
      () => store.changeSeedAsync(wrong, 'next'),
      () => store.uploadAgentMd(aid.aid, wrong),
      () => store.resolve(aid.aid, wrong),
      () => store.resolve(aid.aid, { timeout: 'x' as never }),
      () => store.resolve(aid.aid, { timeout: Number.NaN }),
      () => store.fetchAgentMd(aid.aid, 'x' as never),
      () => store.fetchAgentMd(aid.aid, -1),
      () => store.checkAgentMd(aid.aid, 'x' as never),
    ];
    for (const call of refused) await expect(call()).rejects.toBeInstanceOf(ValidationError);
    expect(ok(store.load(aid.aid)).aid.isPrivateKeyValid()).toBe(true);
  });

  it('lets nobody change the dates of an AID (07 §4)', async () => {
    const { aid } = await network.identity('nora');
    const before = aid.certNotAfter.getTime();
    aid.certNotAfter.setTime(0);
    aid.certNotBefore.setTime(0);
    expect(aid.certNotAfter.getTime()).toBe(before);
    expect(aid.isCertValid()).toBe(true);
    expect(Object.keys(aid)).toEqual(expect.arrayContaining(['certNotBefore', 'certNotAfter']));
    expect(JSON.parse(JSON.stringify(aid)).certNotAfter).toBe(new Date(before).toISOString());
  });

  it('looks for rootCaPath in the home directory after ~', async () => {
    const home = await network.folder();
    const { aid } = await network.identity('nora');
    await copyFile(network.gateway.rootCaPath, join(home, 'ca.pem'));
    vi.stubEnv('HOME', home);
    try {
      const store = await network.store({ rootCaPath: '~/ca.pem' });
      expect(await okAsync(store.exists(aid.aid))).toEqual({ exists: true });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('takes only functions as handlers and only objects as headers (07 §6.9, §6.12)', () => {
    const client = network.client();
    for (const handler of [null, 5, undefined] as never[]) {
      expect(() => client.on('message.received', handler)).toThrow(ValidationError);
      expect(() => client.once('message.received', handler)).toThrow(ValidationError);
    }
    expect(() => client.on(5 as never, () => undefined)).toThrow(ValidationError);
    for (const headers of ['x', 5, ['x']] as never[])
      expect(() => client.setProtectedHeaders(headers)).toThrow(ValidationError);
    expect(client.getProtectedHeaders()).toBeNull();
  });
});
