import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newAgent, openClient, openStore } from '../src/agent.js';
import { builtClient } from '../src/built-client.js';
import { GatewayProcess } from '../src/gateway-process.js';
import { Program } from '../src/program.js';
import { type Scope, testScope } from '../src/scope.js';
import { until } from '../src/until.js';

/** A process that waits for the file `go`, authenticates, connects and says with which token. */
const program = (store: object, aid: string, go: string, kind: string): string => `
import { existsSync } from 'node:fs';
import { AIDStore, AUNClient } from ${JSON.stringify(builtClient)};
const store = new AIDStore(${JSON.stringify(store)});
const client = new AUNClient(store.load(${JSON.stringify(aid)}).data.aid);
console.log('loaded');
while (!existsSync(${JSON.stringify(go)})) await new Promise((resolve) => setTimeout(resolve, 2));
const { access_token } = await client.authenticate();
await client.connect({ connection_kind: '${kind}', token_refresh_before: 1 });
await client.call('meta.ping', {});
await client.close();
store.close();
console.log('token ' + access_token);
`;

const tokenOf = (stdout: string): string => /^token (\S+)$/m.exec(stdout)?.[1] ?? 'none';

describe('processes that share one keystore', () => {
  const counts = async (gateway: GatewayProcess) => ({
    logins: await gateway.calls('auth.aid_login2'),
    refreshes: await gateway.calls('auth.refresh_token'),
  });

  const race = async (
    scope: Scope,
    gateway: GatewayProcess,
    folder: string,
    aid: string,
  ): Promise<string[]> => {
    const go = join(await scope.folder(), 'go');
    const store = {
      aunPath: folder,
      encryptionSeed: 'a seed of its own',
      rootCaPath: gateway.rootCaPath,
      discoveryPort: gateway.port,
    };
    const programs: Program[] = [];
    for (const kind of ['long', 'short', 'short']) {
      const file = join(await scope.folder(), 'agent.mjs');
      await writeFile(file, program(store, aid, go, kind));
      programs.push(new Program(scope, [file]));
    }
    await Promise.all(programs.map((each) => each.says('loaded')));
    await writeFile(go, '');
    const ended = await Promise.all(programs.map((each) => each.ended()));
    for (const { code, stderr } of ended) expect({ code, stderr }).toMatchObject({ code: 0 });
    return ended.map(({ stdout }) => tokenOf(stdout));
  };

  it('log in once when they start at the same instant', async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope);
    const agent = await newAgent(scope, gateway);
    const tokens = await race(scope, gateway, agent.folder, agent.aid);
    expect(new Set(tokens).size).toBe(1);
    expect(tokens[0]).toMatch(/^eyJ/);
    expect(await counts(gateway)).toEqual({ logins: 1, refreshes: 0 });
  });

  it('refresh once when the token has run out', async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope, { tokens: { accessTokenTtl: 45 } });
    const agent = await newAgent(scope, gateway);
    const { access_token, expires_at } = await agent.client.authenticate();
    await until('the token is too old to be used', () => Date.now() / 1_000 > expires_at - 29, 60_000);
    const tokens = await race(scope, gateway, agent.folder, agent.aid);
    expect(new Set(tokens).size).toBe(1);
    expect(tokens[0]).not.toBe(access_token);
    expect(await counts(gateway)).toEqual({ logins: 1, refreshes: 1 });
  });

  it('use the token that another one refreshed in the background', async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope);
    const agent = await newAgent(scope, gateway);
    const first = await agent.client.authenticate();
    let refreshed = false;
    agent.client.on('token.refreshed', () => {
      refreshed = true;
    });
    await agent.client.connect({ token_refresh_before: 100_000 });
    await until('the token is refreshed', () => refreshed);
    const { client } = openClient(scope, openStore(scope, gateway, agent.folder), agent.aid);
    const second = await client.authenticate();
    expect(second.access_token).not.toBe(first.access_token);
    expect(second.expires_at).toBe(agent.client.accessTokenExpiresAt);
    expect(await counts(gateway)).toEqual({ logins: 1, refreshes: 1 });
  });
});
