import {
  ConnectionError,
  GatewayUnreachableError,
  InvalidIdentityError,
  StateError,
  ValidationError,
} from 'aun-core';
import { FsKeyStore } from 'aun-keystore-fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Member, permission } from '../../src/connection/matrix.js';
import { AUNClient } from '../../src/index.js';
import { card, ok, okAsync, TestNetwork, until, untilState } from '../support/network.js';

describe('sessions', () => {
  let network: TestNetwork;

  beforeAll(async () => {
    network = await TestNetwork.start();
  });
  afterAll(() => network.stop());

  it('authenticates without a socket and publishes a card with that token', async () => {
    const { aid } = await network.identity('nora');
    const client = network.client(aid);
    const changes: string[] = [];
    client.on('state_change', ({ from, to }) => void changes.push(`${from}>${to}`));
    const session = await client.authenticate();
    expect(session).toMatchObject({ aid: aid.aid, gateway: network.gateway.gatewayUrl });
    expect(session.expires_at).toBeGreaterThan(Date.now() / 1_000 + 3_000);
    expect(client.state).toBe('authenticated');
    expect((await client.publishAgentMd(card(aid.aid))).aid).toBe(aid.aid);
    expect((await client.fetchAgentMd()).verification.status).toBe('verified');
    await client.connect();
    expect(changes).toEqual(['standby>authenticated', 'authenticated>connecting', 'connecting>ready']);
  });

  it('reuses the token of another process on the same path', async () => {
    const { store, aid } = await network.identity('nora');
    const first = await network.client(aid).authenticate();
    const again = await network.store({ aunPath: store.aunPath });
    const second = await network.client(ok(again.load(aid.aid)).aid).authenticate();
    expect(second.access_token).toBe(first.access_token);
  });

  it('logs in once when several clients start together', async () => {
    const { aid } = await network.identity('nora');
    const sessions = await Promise.all([1, 2, 3].map(() => network.client(aid).authenticate()));
    expect(new Set(sessions.map((session) => session.access_token)).size).toBe(1);
  });

  it('logs in anew, within the same connect, when its stored tokens mean nothing to the server', async () => {
    const { store, aid } = await network.identity('nora');
    const keys = new FsKeyStore({ path: store.aunPath, seed: '' });
    const scope = { deviceId: store.deviceId, slotId: store.slotId };
    const stale = {
      access_token: 'stale',
      refresh_token: 'stale',
      access_token_expires_at: Date.now() / 1_000 + 3_000,
    };
    await keys.updateInstanceState(aid.aid, scope, (state) => ({ ...state, ...stale }));
    const client = network.client(aid);
    await client.connect();
    expect(client.state).toBe('ready');
    expect(await keys.loadInstanceState(aid.aid, scope)).not.toMatchObject({ access_token: 'stale' });
    await keys.close();
  });

  it('keeps a short connection beside the long one', async () => {
    const { aid } = await network.identity('nora');
    const daemon = network.client(aid);
    await daemon.connect();
    const changes: string[] = [];
    daemon.on('state_change', ({ to }) => void changes.push(to));
    const tool = network.client(aid);
    await tool.connect({ connection_kind: 'short' });
    expect(await tool.call('meta.ping')).toMatchObject({ pong: true });
    await tool.close();
    expect(changes).toEqual([]);
    expect(daemon.state).toBe('ready');
  });

  it('gives way to a newer long connection in the same slot, and says why', async () => {
    const { aid } = await network.identity('nora');
    const [older, newer] = [network.client(aid), network.client(aid)];
    const kicks: unknown[] = [];
    older.on('gateway.disconnect', (kick) => void kicks.push(kick.code));
    await older.connect({ extra_info: { pid: 1 } });
    await newer.connect({ extra_info: { pid: 2 } });
    await untilState(older, 'connection_failed');
    expect(kicks).toEqual([4009]);
    expect(older.lastErrorCode).toBe('SERVER_KICKED');
    await newer.close();
    await older.connect();
    expect(older.state).toBe('ready');
  });

  it('lives beside itself in another slot', async () => {
    const { aid } = await network.identity('nora');
    const [one, two] = [network.client(aid), network.client(aid)];
    await one.connect({ slot_id: 'worker one' });
    await two.connect({ slot_id: 'other' });
    expect([one.slotId, two.slotId]).toEqual(['worker one', 'other']);
    expect([one.state, two.state]).toEqual(['ready', 'ready']);
    expect(one.connectionInfo).toMatchObject({ connection_kind: 'long', slot_id: 'worker one' });
  });

  it('says that no gateway answers, and what it tried', async () => {
    const { store, aid } = await network.identity('nora');
    const away = await network.store({
      aunPath: store.aunPath,
      gatewayUrl: 'wss://gateway.aun.localhost:1/aun',
    });
    const client = network.client(ok(away.load(aid.aid)).aid);
    await expect(client.connect()).rejects.toThrow(GatewayUnreachableError);
    expect(client.state).toBe('connection_failed');
    expect(client.lastErrorCode).toBe('GATEWAY_UNREACHABLE');
    expect(client.lastError?.message).toContain('wss://gateway.aun.localhost:1/aun');
  });

  it('connects through standby, other identities and back', async () => {
    const [nora, omar] = [await network.identity('nora'), await network.identity('omar')];
    const client = network.client(nora.aid);
    await client.connect();
    await client.disconnect();
    expect(client.currentAid?.signAgentMd(card(nora.aid.aid)).ok).toBe(true);
    await client.connect();
    await client.close();
    expect([client.state, client.aid, client.aunPath]).toEqual(['closed', null, null]);
    client.loadIdentity(omar.aid);
    await client.connect();
    expect(client.aid).toBe(omar.aid.aid);
  });

  it('rejects what is still under way when it is closed', async () => {
    const { aid } = await network.identity('nora');
    const client = network.client(aid);
    await client.connect();
    const pending = Array.from({ length: 40 }, () => client.call('meta.ping'));
    const outcomes = Promise.allSettled(pending);
    await client.close();
    const rejected = (await outcomes).filter((outcome) => outcome.status === 'rejected');
    expect(rejected.length).toBeGreaterThan(0);
    for (const { reason } of rejected) expect(reason).toBeInstanceOf(ConnectionError);
  });

  it('does in every state what the matrix says', async () => {
    const { aid } = await network.identity('nora');
    const asynchronous = {
      authenticate: (client: AUNClient) => client.authenticate(),
      connect: (client: AUNClient) => client.connect({ unknown_option: 1 } as never),
      call: (client: AUNClient) => client.call('meta.ping'),
      notify: (client: AUNClient) => client.notify('notification/x'),
      publishAgentMd: (client: AUNClient) => client.publishAgentMd(''),
      readAgentMd: (client: AUNClient) => client.headAgentMd(),
    } as const;
    for (const state of ['no_identity', 'standby', 'authenticated', 'ready', 'closed'] as const) {
      for (const [member, run] of Object.entries(asynchronous) as [
        Member,
        (client: AUNClient) => Promise<unknown>,
      ][]) {
        const client = network.client(state === 'no_identity' ? undefined : aid);
        if (state === 'authenticated') await client.authenticate();
        if (state === 'ready') await client.connect({ connection_kind: 'short' });
        if (state === 'closed') await client.close();
        expect(client.state).toBe(state);
        const error = await run(client).then(
          () => null,
          (reason: unknown) => reason,
        );
        const allowed = permission(member, state) === 'allow';
        const refused = error instanceof StateError && error.message.includes(`'${state}'`);
        expect([member, state, refused]).toEqual([member, state, !allowed]);
        await client.close();
      }
    }
  });

  it('looks up peers, and only those that exist', async () => {
    const [nora, omar] = [await network.identity('nora'), await network.identity('omar')];
    const client = network.client(nora.aid);
    expect(client.getPeer(omar.aid.aid)).toBeNull();
    const peer = await client.lookupPeer(omar.aid.aid);
    expect(peer.certFingerprint).toBe(omar.aid.certFingerprint);
    expect(client.getPeer(omar.aid.aid)).toBe(peer);
    expect(client.peers()).toEqual([peer]);
    await expect(client.lookupPeer(network.gateway.newAid('nobody'))).rejects.toThrow(/no certificate/);
    const { signature } = ok(omar.aid.sign('payload'));
    expect(ok(peer.verify('payload', signature))).toEqual({ valid: true });
    expect(ok(peer.verify('other', signature))).toEqual({ valid: false });
  });

  it('knows the health of its gateway', async () => {
    const { aid } = await network.identity('nora');
    const client = network.client(aid);
    expect(client.gatewayHealth).toBeNull();
    await client.connect();
    expect(await client.checkGatewayHealth()).toBe(true);
    expect(client.gatewayHealth).toBe(true);
    expect(await client.checkGatewayHealth('wss://gateway.aun.localhost:1/aun', 1)).toBe(false);
  });

  it('asks for the health of a gateway that it has discovered, and waits for no answer', async () => {
    const { aid, store } = await network.identity('nora');
    const another = await network.store({ aunPath: store.aunPath });
    const client = network.client(ok(another.load(aid.aid)).aid);
    await client.authenticate();
    await until(() => client.gatewayHealth === true, 'the health after the discovery');
  });

  it('judges the identity before the state in loadIdentity', async () => {
    const { aid, store } = await network.identity('nora');
    const { aid: peer } = await network.identity('omar');
    const keyless = (await okAsync(store.resolve(peer.aid, { skipAgentMd: true }))).aid;
    const client = network.client(aid);
    expect(() => client.loadIdentity(aid.aid as never)).toThrow(ValidationError);
    expect(() => client.loadIdentity(keyless)).toThrow(InvalidIdentityError);
    expect(() => client.loadIdentity(aid)).toThrow(/'standby'/);
    await client.close();
    expect(() => client.loadIdentity(keyless)).toThrow(StateError);
    client.loadIdentity(aid);
    expect(client.state).toBe('standby');
  });

  it('says that a card seen in traffic was downloaded, and nothing of one that was asked for', async () => {
    const [nora, omar] = [await network.identity('nora'), await network.identity('omar')];
    const [writer, owner] = [network.client(nora.aid), network.client(omar.aid)];
    const updates: unknown[] = [];
    writer.on('agent_md.updated', (update) => void updates.push(update));
    await Promise.all([writer.connect(), owner.connect()]);
    const { etag } = await owner.publishAgentMd(card(omar.aid.aid));
    await writer.call('message.send', { to: omar.aid.aid, payload: { text: 'whose card?' } });
    await until(() => updates.length > 0, 'the download');
    await writer.fetchAgentMd(omar.aid.aid);
    expect(updates).toEqual([{ aid: omar.aid.aid, etag }]);
  });

  it('carries the old state names for old listeners', async () => {
    const { aid } = await network.identity('nora');
    const client = network.client(aid);
    const names: string[] = [];
    client.on('connection.state', ({ state }) => void names.push(state));
    await client.connect();
    await client.disconnect();
    await until(() => names.length === 3, 'three changes');
    expect(names).toEqual(['connecting', 'connected', 'idle']);
  });

  it('can be made without an identity', async () => {
    const client = new AUNClient();
    expect([client.state, client.hasIdentity, client.canConnect, client.aid]).toEqual([
      'no_identity',
      false,
      false,
      null,
    ]);
    await expect(client.connect()).rejects.toThrow(/loadIdentity/);
    await client.close();
    expect(client.isClosed).toBe(true);
  });
});
