import { describe, expect, it } from 'vitest';
import { connected, newAgent, openClient, openStore, say } from '../src/agent.js';
import { GatewayProcess } from '../src/gateway-process.js';
import { type Scope, testScope } from '../src/scope.js';
import { loseTokens } from '../src/server-loss.js';
import { until } from '../src/until.js';

const counts = async (gateway: GatewayProcess) => ({
  logins: await gateway.calls('auth.aid_login2'),
  refreshes: await gateway.calls('auth.refresh_token'),
});

/** Long enough to connect with, too short to be reused: a token is used until 30 s before it expires. */
const shortLived = (scope: Scope, tokens = {}) =>
  GatewayProcess.start(scope, { tokens: { accessTokenTtl: 25, ...tokens } });

describe('tokens', () => {
  it('are shared by the clients of one folder: the second one does not log in', async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope);
    const first = await newAgent(scope, gateway);
    const { access_token } = await first.client.authenticate();
    await first.client.connect();
    const before = await counts(gateway);
    expect(before).toEqual({ logins: 1, refreshes: 0 });

    const store = openStore(scope, gateway, first.folder);
    const second = openClient(scope, store, first.aid);
    expect((await second.client.authenticate()).access_token).toBe(access_token);
    await second.client.connect({ slot_id: 'default/second', connection_kind: 'short' });
    await second.client.call('meta.ping', {});
    expect(await counts(gateway)).toEqual(before);
  });

  it('survive a disconnect', async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope);
    const { client } = await connected(scope, gateway);
    for (let round = 0; round < 3; round += 1) {
      await client.disconnect();
      await client.connect();
    }
    await client.call('meta.ping', {});
    expect(await counts(gateway)).toEqual({ logins: 1, refreshes: 0 });
  });

  it('that expire in a moment are refreshed, not replaced by a login', async () => {
    const scope = testScope();
    const gateway = await shortLived(scope);
    const agent = await newAgent(scope, gateway);
    const first = await agent.client.authenticate();
    await agent.client.disconnect();
    const second = await agent.client.authenticate();
    expect(second.access_token).not.toBe(first.access_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await counts(gateway)).toEqual({ logins: 1, refreshes: 1 });
    await agent.client.connect();
    await agent.client.call('meta.ping', {});
  });

  it('that have expired are refreshed too', async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope, { tokens: { accessTokenTtl: 4 } });
    const agent = await newAgent(scope, gateway);
    const { expires_at } = await agent.client.authenticate();
    await agent.client.disconnect();
    await until('the token has expired', () => Date.now() > expires_at * 1_000);
    await agent.client.authenticate();
    expect(await counts(gateway)).toEqual({ logins: 1, refreshes: 1 });
  });

  it('are refreshed in the background, and the application hears of it', async () => {
    const scope = testScope();
    const gateway = await shortLived(scope);
    const agent = await newAgent(scope, gateway);
    const refreshed: { aid: string; expires_at: number }[] = [];
    agent.client.on('token.refreshed', (event) => void refreshed.push(event));
    await agent.client.connect();
    await until('the token is refreshed', () => refreshed.length > 0);
    expect(refreshed[0]).toMatchObject({ aid: agent.aid, expires_at: agent.client.accessTokenExpiresAt });
    expect((await counts(gateway)).logins).toBe(1);
  });

  it('whose refresh token has expired lead to a login', async () => {
    const scope = testScope();
    const gateway = await shortLived(scope, { refreshTokenTtl: 1 });
    const agent = await newAgent(scope, gateway);
    const { expires_at } = await agent.client.authenticate();
    await agent.client.disconnect();
    const issued = (expires_at - 25) * 1_000;
    await until('the refresh token has expired', () => Date.now() > issued + 3_000);
    await agent.client.connect();
    expect(agent.client.state).toBe('ready');
    expect(await gateway.calls('auth.aid_login2')).toBeGreaterThan(1);
  });

  it('that the server has lost lead to a login, unseen by the application', async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope);
    const nora = await newAgent(scope, gateway, 'nora');
    const otto = await connected(scope, gateway, 'otto');
    const { access_token } = await nora.client.authenticate();
    await nora.client.connect();
    await nora.client.disconnect();

    await gateway.kill();
    loseTokens(gateway.dataDir);
    await gateway.revive();
    await nora.client.connect();
    await until('Otto is back by himself', () => otto.client.isReady, 60_000);
    expect((await counts(gateway)).logins).toBeGreaterThanOrEqual(2);
    await say(nora, otto, 'as if nothing had happened');
    await otto.inbox.has('as if nothing had happened');

    await nora.client.disconnect();
    expect((await nora.client.authenticate()).access_token).not.toBe(access_token);
  });
});
