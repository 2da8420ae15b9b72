import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { card, okAsync, type TestNetwork } from '../support/network.js';

describe('names of older SDKs', () => {
  let network: TestNetwork;
  let core: typeof import('aun-core');
  const warnings = vi.spyOn(console, 'warn').mockImplementation(() => undefined);

  beforeAll(async () => {
    // Each name is warned of once in a process: other files may have used some.
    vi.resetModules();
    core = await import('aun-core');
    const fresh = await import('../support/network.js');
    network = await fresh.TestNetwork.start();
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
    expect(await client.status()).toMatchObject({ mode: 'gateway', aid: aid.aid });
    expect(await client.meta.status()).toMatchObject({ mode: 'gateway' });
    expect(await client.meta.trustRoots()).toHaveProperty('root_cas');
    await client.initV2Session();
    expect(await client.sendV2({ to: aid.aid, payload: { text: 'to myself' } })).toHaveProperty('message_id');
    expect(await client.pullV2()).toHaveProperty('messages');
    expect(await client.ackV2({})).toMatchObject({ success: true });
    expect((await client.listIdentities()).map((entry) => entry.aid)).toEqual([aid.aid]);
    expect((await client.auth.loadIdentity({ aid: aid.aid })).aid).toBe(aid.aid);
    expect(await client.auth.loadIdentityOrNone({ aid: peer.aid.aid })).toBeNull();
    await expect(client.auth.loadIdentity({ aid: peer.aid.aid })).rejects.toThrow(core.StateError);
    expect(await client.auth.fetchPeerCert({ aid: peer.aid.aid })).toBe(peer.aid.certPem);
    expect(await client.auth.downloadCert({ aid: peer.aid.aid })).toBe(peer.aid.certPem);
    expect((await client.auth.checkAid({ aid: aid.aid })).status).toBe('ready');
    expect((await client.auth.uploadAgentMd(card(aid.aid))).aid).toBe(aid.aid);
    expect((await client.auth.downloadAgentMd(aid.aid)).verification.status).toBe('verified');
    expect((await client.auth.headAgentMd(aid.aid)).found).toBe(true);
    const signed = client.auth.signAgentMd(card(aid.aid));
    expect((await client.auth.verifyAgentMd(signed, { aid: aid.aid })).status).toBe('verified');
    const { certPem } = aid;
    expect((await client.auth.verifyAgentMd(signed, { aid: aid.aid, certPem })).status).toBe('verified');
    const foreign = { aid: aid.aid, certPem: peer.aid.certPem };
    expect((await client.auth.verifyAgentMd(signed, foreign)).reason).toBe(
      'certificate fingerprint mismatch',
    );
    const headers = { lang: 'en' };
    const sent = client.call('message.send', { to: aid.aid, payload: { text: 'x' }, headers });
    expect((await sent).envelope).toMatchObject({ protected_headers: headers });
    client.on('connection.state', () => undefined).unsubscribe();
    client.once('connection.state', () => undefined).unsubscribe();
    expect((await client.auth.renewCert()).renewed).toBe(true);
    expect((await client.auth.rekey()).rekeyed).toBe(true);
    expect(await client.auth.registerAid({ aid: aid.aid })).toEqual({ registered: true });
    expect(await client.auth.requestCert({ aid: aid.aid })).toEqual({ registered: true });
    await expect(client.auth.createAid()).rejects.toThrow(/AIDStore.register/);
    expect(await store.downloadAgentMd(aid.aid)).toMatchObject({ ok: true });
    const texts = warnings.mock.calls.map(([text]) => String(text));
    expect(new Set(texts).size).toBe(texts.length);
    const names = texts.map((text) => text.slice('[aun] '.length).split(' is deprecated')[0]);
    expect(names.sort()).toEqual(
      [
        ...['authenticate', 'checkAid', 'downloadAgentMd', 'downloadCert', 'fetchPeerCert', 'headAgentMd'],
        ...['loadIdentity', 'loadIdentityOrNone', 'registerAid', 'rekey', 'renewCert', 'requestCert'],
        ...['signAgentMd', 'uploadAgentMd', 'verifyAgentMd'],
      ]
        .map((name) => `client.auth.${name}`)
        .concat(
          ['ackV2', 'initV2Session', 'listIdentities', 'ping', 'pullV2'].map((name) => `client.${name}`),
        )
        .concat(['sendV2', 'status', 'trustRoots'].map((name) => `client.${name}`))
        .concat(['ping', 'status', 'trustRoots'].map((name) => `client.meta.${name}`))
        .concat(["event 'connection.state'", "param 'headers'"])
        .sort(),
    );
  });

  it('take the result of authenticate() before the options of connect(), and ignore it', async () => {
    const { aid } = await network.identity('nora');
    const client = network.client(aid);
    const result = await client.authenticate();
    warnings.mockClear();
    await client.connect(result, { connection_kind: 'short' });
    expect(client.connectionInfo).toMatchObject({ connection_kind: 'short' });
    await client.disconnect();
    await client.connect(result);
    expect(client.connectionInfo).toMatchObject({ connection_kind: 'long' });
    expect(warnings.mock.calls).toHaveLength(1);
    await expect(network.client(aid).connect(result, { nonsense: 1 } as never)).rejects.toThrow('nonsense');
  });

  it('work on the store of an identity that has no key here', async () => {
    const { store, aid } = await network.identity('nora');
    const { aid: peer } = await network.identity('omar');
    const resolved = await okAsync(store.resolve(peer.aid, { skipAgentMd: true }));
    const client = network.client(resolved.aid);
    expect([client.state, client.currentAid, client.aunPath]).toEqual(['no_identity', null, null]);
    expect((await client.listIdentities()).map((entry) => entry.aid)).toEqual([aid.aid]);
    client.loadIdentity(await client.auth.loadIdentity({ aid: aid.aid }));
    expect(client.aid).toBe(aid.aid);
  });

  it('need an identity', async () => {
    const client = network.client();
    await expect(client.listIdentities()).rejects.toThrow(/loadIdentity/);
    await expect(client.ping()).rejects.toThrow(core.StateError);
  });
});
