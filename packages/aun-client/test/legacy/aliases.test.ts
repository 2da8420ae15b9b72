import { StateError } from 'aun-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { card, TestNetwork } from '../support/network.js';

describe('names of older SDKs', () => {
  let network: TestNetwork;
  const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined);

  beforeAll(async () => {
    network = await TestNetwork.start();
  });
  afterAll(async () => {
    warnings.mockRestore();
    await network.stop();
  });

  it('still work, with one warning per name', async () => {
    const { store, aid } = await network.identity('nora');
    const peer = await network.identity('omar');
    const client = network.client(aid);
    expect((await client.auth.authenticate()).aid).toBe(aid.aid);
    await client.connect();
    expect(await client.ping()).toMatchObject({ pong: true });
    expect(await client.ping()).toMatchObject({ pong: true });
    expect(await client.meta.ping()).toMatchObject({ pong: true });
    expect(await client.trustRoots()).toHaveProperty('root_cas');
    expect(await client.pullV2()).toMatchObject({ messages: [] });
    expect(await client.ackV2({})).toMatchObject({ success: true });
    expect((await client.listIdentities()).map((entry) => entry.aid)).toEqual([aid.aid]);
    expect((await client.auth.loadIdentity({ aid: aid.aid })).aid).toBe(aid.aid);
    expect(await client.auth.loadIdentityOrNone({ aid: peer.aid.aid })).toBeNull();
    await expect(client.auth.loadIdentity({ aid: peer.aid.aid })).rejects.toThrow(StateError);
    expect(await client.auth.fetchPeerCert({ aid: peer.aid.aid })).toBe(peer.aid.certPem);
    expect((await client.auth.checkAid({ aid: aid.aid })).status).toBe('ready');
    expect((await client.auth.uploadAgentMd(card(aid.aid))).aid).toBe(aid.aid);
    expect((await client.auth.downloadAgentMd(aid.aid)).verification.status).toBe('verified');
    expect((await client.auth.headAgentMd(aid.aid)).found).toBe(true);
    const signed = client.auth.signAgentMd(card(aid.aid));
    expect((await client.auth.verifyAgentMd(signed, { aid: aid.aid })).status).toBe('verified');
    expect((await client.auth.renewCert()).renewed).toBe(true);
    expect(await client.auth.registerAid({ aid: aid.aid })).toEqual({ registered: true });
    await expect(client.auth.createAid()).rejects.toThrow(/AIDStore.register/);
    expect(await store.downloadAgentMd(aid.aid)).toMatchObject({ ok: true });
    const texts = warnings.mock.calls.map(([text]) => String(text));
    expect(texts.filter((text) => text.includes('client.ping '))).toHaveLength(1);
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('need an identity', async () => {
    const client = network.client();
    await expect(client.listIdentities()).rejects.toThrow(/loadIdentity/);
    await expect(client.ping()).rejects.toThrow(StateError);
  });
});
