import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { AIDStore, AUNClient, ConnectionError, ValidationError } from 'aun-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { freshAid, newAgent, openStore, unwrap } from '../src/agent.js';
import { GatewayProcess } from '../src/gateway-process.js';
import { expectNoIdentity } from '../src/half-written.js';
import { fileScope, testScope } from '../src/scope.js';
import { unprivileged } from '../src/unprivileged.js';
import { until } from '../src/until.js';

const files = fileScope();
let gateway: GatewayProcess;
let stranger: GatewayProcess;
beforeAll(async () => {
  [gateway, stranger] = await Promise.all([GatewayProcess.start(files), GatewayProcess.start(files)]);
});

describe('a name that breaks the rule', () => {
  const names = [
    'abc',
    'Upper',
    'with space',
    '-dash',
    'guest1',
    'dot..dot',
    'x'.repeat(65),
    'ümlaut',
    '../etc',
    '',
  ];

  it.each(names)('"%s" is refused before anything is written or sent', async (name) => {
    const scope = testScope();
    const store = openStore(scope, gateway, await scope.folder());
    const aid = `${name}.${gateway.issuer}`;
    const created = await gateway.calls('auth.create_aid');
    for (const refused of [await store.register(aid), await store.exists(aid), await store.resolve(aid)]) {
      expect(refused).toMatchObject({ ok: false, error: { code: 'INVALID_AID_FORMAT' } });
    }
    expect(unwrap(store.list()).identities).toEqual([]);
    expect(await gateway.calls('auth.create_aid')).toBe(created);
  });

  it('is refused without an issuer, and with an issuer that the gateway does not serve', async () => {
    const scope = testScope();
    const store = openStore(scope, gateway, await scope.folder());
    expect(await store.register('nora')).toMatchObject({ error: { code: 'INVALID_AID_FORMAT' } });
    const foreign = 'nora.elsewhere.localhost';
    expect((await store.register(foreign)).ok).toBe(false);
    expectNoIdentity(store, foreign);
  });
});

describe('a gateway that cannot be reached', () => {
  it('leaves no half of an identity, and the same call works when it is there', async () => {
    const scope = testScope();
    const gone = await GatewayProcess.start(scope);
    const folder = await scope.folder();
    const store = openStore(scope, gone, folder);
    const aid = freshAid(gone);
    await gone.kill();
    expect(await store.register(aid)).toMatchObject({ ok: false, error: { code: 'NETWORK_ERROR' } });
    expectNoIdentity(store, aid);
    await gone.revive();
    unwrap(await store.register(aid));
    expect(unwrap(store.load(aid)).aid.isPrivateKeyValid()).toBe(true);
  });

  it('is told apart from one that talks something else', async () => {
    const scope = testScope();
    const server = createServer((socket) => socket.end('220 mail.example ready\r\n')).listen(0, '127.0.0.1');
    scope.defer(() => server.close());
    await until('the mail server listens', () => server.listening);
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const store = openStore(
      scope,
      { issuer: gateway.issuer, rootCaPath: gateway.rootCaPath, port },
      await scope.folder(),
    );
    const aid = freshAid(gateway);
    expect(await store.register(aid)).toMatchObject({ ok: false, error: { code: 'NETWORK_ERROR' } });
    expectNoIdentity(store, aid);
  });
});

describe('a root certificate that is not the one of the network', () => {
  it.each(['another network', 'no root at all'])('(%s) makes TLS refuse the gateway', async (which) => {
    const scope = testScope();
    const rootCaPath = which === 'another network' ? stranger.rootCaPath : null;
    const folder = await scope.folder();
    const store = openStore(scope, gateway, folder, { rootCaPath });
    const aid = freshAid(gateway);
    const refused = await store.register(aid);
    expect(refused).toMatchObject({ ok: false, error: { code: 'NETWORK_ERROR' } });
    expect(refused.ok ? '' : refused.error.message).toMatch(/certificate/);
    expectNoIdentity(store, aid);

    unwrap(await openStore(scope, gateway, folder).register(aid));
  });

  it('stops a client before it says anything about itself', async () => {
    const scope = testScope();
    const agent = await newAgent(scope, gateway);
    const logins = await gateway.calls('auth.aid_login1');
    const store = openStore(scope, gateway, agent.folder, { rootCaPath: stranger.rootCaPath });
    const client = new AUNClient(unwrap(store.load(agent.aid)).aid);
    scope.defer(() => client.close());
    await expect(client.connect()).rejects.toBeInstanceOf(ConnectionError);
    expect(client.state).toBe('connection_failed');
    expect(client.lastErrorCode).toBe('GATEWAY_UNREACHABLE');
    expect(await gateway.calls('auth.aid_login1')).toBe(logins);
  });
});

describe('a folder', () => {
  it('without the right to write is refused in words', async () => {
    const scope = testScope();
    const folder = await scope.folder();
    await chmod(folder, 0o555);
    const store = openStore(scope, gateway, join(folder, 'agents'));
    const aid = freshAid(gateway);
    const refused = await unprivileged(() => store.register(aid));
    expect(refused.ok).toBe(false);
    const message = refused.ok ? '' : refused.error.message;
    expect(message).toMatch(/EACCES|permission|cannot be (written|used)/i);
    await chmod(folder, 0o755);
    expectNoIdentity(store, aid);
  });

  it('that is a file is refused in words', async () => {
    const scope = testScope();
    const file = join(await scope.folder(), 'not-a-folder');
    await writeFile(file, 'a file');
    const store = openStore(scope, gateway, file);
    expect((await store.register(freshAid(gateway))).ok).toBe(false);
  });

  it('whose identity was written with another seed stays closed', async () => {
    const scope = testScope();
    const agent = await newAgent(scope, gateway);
    const other = openStore(scope, gateway, agent.folder, { encryptionSeed: 'a wrong seed' });
    expect(other.load(agent.aid)).toMatchObject({ ok: false, error: { code: 'PRIVATE_KEY_PARSE_ERROR' } });
    expect(agent.store.load(agent.aid).ok).toBe(true);
  });
});

describe('options of a store', () => {
  it.each([
    ['rootCaPath', { rootCaPath: '/nowhere/root.crt' }],
    ['deviceId', { deviceId: 'no spaces allowed' }],
    ['slotId', { slotId: '/leading-separator' }],
    ['discoveryPort', { discoveryPort: 70_000 }],
  ])('name %s when it is wrong', async (field, options) => {
    const scope = testScope();
    const folder = join(await scope.folder(), 'agents');
    await mkdir(folder);
    const open = () => new AIDStore({ aunPath: folder, encryptionSeed: '', ...options });
    expect(open).toThrow(ValidationError);
    expect(open).toThrow(field);
  });
});
