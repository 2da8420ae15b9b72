import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ErrorCodes } from 'aun-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AIDStore } from '../../src/index.js';
import { card, codeOf, ok, okAsync, TestNetwork } from '../support/network.js';

describe('identities on a real gateway', () => {
  let network: TestNetwork;

  beforeAll(async () => {
    network = await TestNetwork.start();
  });
  afterAll(() => network.stop());

  it('registers, loads, lists and finds an identity', async () => {
    const { store, aid } = await network.identity('nora');
    expect(aid.isPrivateKeyValid()).toBe(true);
    expect(aid.certSubject).toBe(aid.aid);
    expect(ok(store.list()).identities.map((entry) => entry.aid)).toEqual([aid.aid]);
    expect(await okAsync(store.exists(aid.aid))).toEqual({ exists: true });
    expect(await okAsync(store.exists(network.gateway.newAid('nobody')))).toEqual({ exists: false });
  });

  it('registers again without creating anything', async () => {
    const { store, aid } = await network.identity('nora');
    expect(await okAsync(store.register(aid.aid))).toEqual({ registered: true });
    expect(ok(store.load(aid.aid)).aid.certFingerprint).toBe(aid.certFingerprint);
  });

  it('refuses a name that belongs to another key, and leaves nothing behind', async () => {
    const { aid } = await network.identity('nora');
    const other = await network.store();
    expect(codeOf(await other.register(aid.aid))).toBe(ErrorCodes.IDENTITY_CONFLICT);
    expect(codeOf(other.load(aid.aid))).toBe(ErrorCodes.CERT_NOT_FOUND);
  });

  it.each([
    ['abc.aun.localhost', 'shorter than four'],
    ['guestbook.aun.localhost', 'begins with guest'],
    ['Nora.aun.localhost', 'upper case'],
    ['nora', 'no issuer'],
    ['no ra.aun.localhost', 'a space'],
    ['', 'empty'],
  ])('refuses the AID %j (%s) with a sentence', async (name) => {
    const store = await network.store();
    for (const result of [await store.register(name), await store.exists(name), await store.resolve(name)]) {
      expect(codeOf(result)).toBe(ErrorCodes.INVALID_AID_FORMAT);
      if (!result.ok) expect(result.error.message).toMatch(/AID/);
    }
    expect(existsSync(join(store.aunPath, 'AIDs'))).toBe(false);
  });

  it('says NETWORK_ERROR when the gateway is unreachable, and keeps no half-written identity', async () => {
    const store = await network.store({ gatewayUrl: 'wss://gateway.aun.localhost:1/aun' });
    const result = await store.register('nora-unreachable.aun.localhost');
    expect(codeOf(result)).toBe(ErrorCodes.NETWORK_ERROR);
    expect(codeOf(store.load('nora-unreachable.aun.localhost'))).toBe(ErrorCodes.CERT_NOT_FOUND);
    expect(ok(store.list()).identities).toEqual([]);
  });

  it('refuses a gateway whose TLS certificate is not trusted', async () => {
    const store = new AIDStore({
      aunPath: await network.folder(),
      encryptionSeed: '',
      verifySsl: true,
      discoveryPort: network.gateway.discoveryPort,
    });
    expect(codeOf(await store.register(network.gateway.newAid('nora')))).toBe(ErrorCodes.NETWORK_ERROR);
    store.close();
  });

  it('finishes a registration whose answer was lost', async () => {
    const folder = await network.folder();
    const name = network.gateway.newAid('nora');
    const store = await network.store({ aunPath: folder });
    await okAsync(store.register(name));
    // As after a crash between the server's answer and the promotion: the key is pending, nothing else is there.
    const { renameSync, mkdirSync } = await import('node:fs');
    const pending = join(folder, 'AIDs', '_pending', `${name}-0a1b2c3d-1800000000`);
    mkdirSync(join(pending), { recursive: true });
    renameSync(join(folder, 'AIDs', name, 'private'), join(pending, 'private'));
    renameSync(join(folder, 'AIDs', name, 'public'), join(folder, 'lost'));
    store.close();
    const again = await network.store({ aunPath: folder });
    expect(codeOf(again.load(name))).toBe(ErrorCodes.CERT_NOT_FOUND);
    await okAsync(again.register(name));
    expect(ok(again.load(name)).aid.isPrivateKeyValid()).toBe(true);
    expect(readdirSync(join(folder, 'AIDs', '_pending'))).toEqual([]);
  });

  it('does not open a key with another seed', async () => {
    const { store, aid } = await network.identity('nora');
    const stranger = await network.store({ aunPath: store.aunPath, encryptionSeed: 'wrong' });
    expect(codeOf(stranger.load(aid.aid))).toBe(ErrorCodes.PRIVATE_KEY_PARSE_ERROR);
  });

  it('changes the seed', async () => {
    const { store, aid } = await network.identity('nora');
    expect(codeOf(store.changeSeed('wrong', 'new'))).toBe(ErrorCodes.PRIVATE_KEY_PARSE_ERROR);
    expect(ok(store.changeSeed('test seed', 'new'))).toEqual({ changed: true, count: 1 });
    expect(ok(store.changeSeed('new', 'new'))).toEqual({ changed: false, count: 0 });
    expect(ok(store.load(aid.aid)).aid.isPrivateKeyValid()).toBe(true);
  });

  it('publishes a card that others resolve and verify', async () => {
    const { store, aid } = await network.identity('nora');
    const uploaded = await okAsync(store.uploadAgentMd(aid.aid, card(aid.aid)));
    expect(uploaded.bytes).toBeGreaterThan(100);
    const { store: other } = await network.identity('omar');
    const resolved = await okAsync(other.resolve(aid.aid));
    expect(resolved.source).toEqual({ cert_from_cache: false, agent_md_fetched: true });
    expect(resolved.agent_md?.verification.status).toBe('verified');
    expect(resolved.agent_md?.etag).toBe(uploaded.etag);
    expect(resolved.aid.isPrivateKeyValid()).toBe(false);
    const again = await okAsync(other.resolve(aid.aid, { skipAgentMd: true }));
    expect(again.source).toEqual({ cert_from_cache: true, agent_md_fetched: false });
    expect(await okAsync(other.checkAgentMd(aid.aid))).toMatchObject({ in_sync: true, cached: true });
    expect(await okAsync(other.headAgentMd(aid.aid))).toMatchObject({ found: true, etag: uploaded.etag });
  });

  it('tells a missing card and an unknown agent apart', async () => {
    const { aid } = await network.identity('nora');
    const store = await network.store();
    expect(codeOf(await store.resolve(aid.aid))).toBe(ErrorCodes.AGENTMD_NOT_FOUND);
    expect(codeOf(await store.resolve(network.gateway.newAid('nobody')))).toBe(ErrorCodes.CERT_NOT_FOUND);
  });

  it('refuses to publish a card that names somebody else, or nothing at all', async () => {
    const { store, aid } = await network.identity('nora');
    expect(codeOf(await store.uploadAgentMd(aid.aid, card('omar.aun.localhost')))).toBe(
      ErrorCodes.AGENTMD_PARSE_ERROR,
    );
    expect(codeOf(await store.uploadAgentMd(aid.aid))).toBe(ErrorCodes.AGENTMD_PARSE_ERROR);
  });

  it('renews the certificate for the same key', async () => {
    const { store, aid } = await network.identity('nora');
    await okAsync(store.uploadAgentMd(aid.aid, card(aid.aid)));
    const renewed = await okAsync(store.renewCert(aid.aid));
    expect(renewed).toMatchObject({ renewed: true, agent_md_resign: true });
    const after = ok(store.load(aid.aid)).aid;
    expect(after.certFingerprint).toBe(renewed.new_fingerprint);
    expect(after.certFingerprint).not.toBe(aid.certFingerprint);
    expect(after.publicKey).toBe(aid.publicKey);
  });

  it('changes the key and works with the new one', async () => {
    const { store, aid } = await network.identity('nora');
    const rekeyed = await okAsync(store.rekey(aid.aid));
    expect(rekeyed).toMatchObject({ rekeyed: true });
    const after = ok(store.load(aid.aid)).aid;
    expect(after.publicKey).not.toBe(aid.publicKey);
    const client = network.client(after);
    await client.connect();
    expect(client.state).toBe('ready');
    await client.close();
  });

  it('diagnoses', async () => {
    const { store, aid } = await network.identity('nora');
    expect(await okAsync(store.diagnose(aid.aid))).toMatchObject({ status: 'ready', local_valid: true });
    const other = await network.store();
    expect(await okAsync(other.diagnose(aid.aid))).toMatchObject({ status: 'registered_remote' });
    expect(await okAsync(other.diagnose(network.gateway.newAid('nobody')))).toMatchObject({
      status: 'available',
    });
  });

  it('shows no private key when an AID is printed', async () => {
    const { aid } = await network.identity('nora');
    const { inspect } = await import('node:util');
    expect(aid.privateKeyPem).toContain('PRIVATE KEY');
    expect(JSON.stringify(aid) + inspect(aid, { depth: 5, showHidden: false })).not.toContain('PRIVATE KEY');
    expect(Object.isFrozen(aid)).toBe(true);
  });
});
