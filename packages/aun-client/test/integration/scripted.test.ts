import {
  AuthError,
  GatewayUnreachableError,
  type JsonObject,
  RpcError,
  TimeoutError,
  ValidationError,
} from 'aun-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AUNClient } from '../../src/index.js';
import { collect, TestNetwork, until, untilState } from '../support/network.js';
import { type Script, ScriptedGateway } from '../support/scripted-gateway.js';

const refuse =
  (method: string, error: JsonObject): Script =>
  (request, socket) => {
    if (request.method !== method) return 'pass';
    socket.answer(request, { error });
    return 'handled';
  };

const hangUp =
  (method: string, code: number): Script =>
  (request, socket) => {
    if (request.method !== method) return 'pass';
    socket.close(code, 'go away');
    return 'handled';
  };

const thrown = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

describe('a real client whose gateway does as a test says', { timeout: 60_000 }, () => {
  let network: TestNetwork;
  let scripted: ScriptedGateway;

  beforeAll(async () => {
    network = await TestNetwork.start();
    scripted = await ScriptedGateway.start(network.gateway);
  });
  afterEach(() => scripted.rest());
  afterAll(async () => {
    await network.stop();
    await scripted.stop();
  });

  const fresh = async (): Promise<AUNClient> => {
    const { aid } = await network.identity('nora', { gatewayUrl: scripted.url });
    return network.client(aid);
  };
  const connected = async (options: object = {}): Promise<AUNClient> => {
    const client = await fresh();
    await client.connect(options);
    return client;
  };

  describe('says in lastErrorCode why connect() failed', () => {
    const cases: { what: string; script: Script; code: string; type: new (message: string) => Error }[] = [
      {
        what: 'the gateway wants another login and refuses that too',
        script: refuse('auth.connect', {
          code: 4001,
          message: 'auth_failed: token revoked',
          data: { relogin_required: true },
        }),
        code: 'TOKEN_INVALID',
        type: AuthError,
      },
      {
        what: 'the token is refused',
        script: refuse('auth.connect', { code: 4001, message: 'auth_failed: unknown token' }),
        code: 'AUTH_REJECTED',
        type: AuthError,
      },
      {
        what: 'the login is refused',
        script: refuse('auth.aid_login2', { code: -32_003, message: 'signature_invalid' }),
        code: 'AUTH_REJECTED',
        type: AuthError,
      },
      ...[4001, 4003, 4008, 4010].map((close) => ({
        what: `it is hung up on with ${close}`,
        script: hangUp('auth.connect', close),
        code: 'AUTH_REJECTED',
        type: GatewayUnreachableError,
      })),
      {
        what: 'it is hung up on with 1011',
        script: hangUp('auth.connect', 1011),
        code: 'GATEWAY_UNREACHABLE',
        type: GatewayUnreachableError,
      },
      {
        what: 'the versions do not fit',
        script: refuse('auth.connect', { code: -32_000, message: 'protocol_mismatch' }),
        code: 'CONNECT_FAILED',
        type: RpcError,
      },
      {
        what: 'its params are refused',
        script: refuse('auth.connect', { code: 4000, message: 'missing device' }),
        code: 'CONNECT_FAILED',
        type: ValidationError,
      },
    ];

    it.each(cases)('$code when $what', async ({ script, code, type }) => {
      const client = await fresh();
      scripted.script = script;
      const error = await thrown(client.connect());
      expect(error).toBeInstanceOf(type);
      expect([client.state, client.lastErrorCode]).toEqual(['connection_failed', code]);
      expect(client.lastError).toBe(error);
      expect([client.retryAttempt, client.hasIdentity]).toEqual([0, true]);
      scripted.rest();
      await client.connect();
      expect([client.state, client.lastErrorCode]).toEqual(['ready', null]);
      await client.close();
    });

    it.each([
      { error: { code: -32_003, message: 'no', data: { relogin_required: true } }, code: 'TOKEN_INVALID' },
      { error: { code: 4001, message: 'auth_failed' }, code: 'AUTH_REJECTED' },
      { error: { code: 4000, message: 'missing device' }, code: 'CONNECT_FAILED' },
    ])('$code when it is why a reconnect fails', async ({ error, code }) => {
      const client = await connected();
      scripted.script = refuse('auth.connect', error);
      for (const socket of scripted.sockets) socket.close(1012);
      await untilState(client, 'connection_failed');
      expect([client.lastErrorCode, client.retryAttempt]).toEqual([code, 0]);
      await client.close();
    });
  });

  describe('and the own prekey', () => {
    /** Requests of a client, those for a prekey kept until a test answers them. */
    const watch = () => {
      const seen = { methods: [] as string[], prekeys: [] as (() => void)[] };
      scripted.script = (request, socket) => {
        seen.methods.push(String(request.method));
        if (request.method !== 'message.v2.put_peer_pk') return 'pass';
        seen.prekeys.push(() => socket.pass(request));
        return 'handled';
      };
      return seen;
    };

    it('pulls and sends what is in the outbox before the prekey is published, connect() waits [04 §14.7]', async () => {
      const { aid } = await network.identity('omar');
      const omar = network.client(aid);
      await omar.connect();
      const received = collect(omar);
      const client = await fresh();
      const params = { to: aid.aid, payload: { text: 'waited' }, encrypt: false };
      await client.call('message.send', params, { durable: true });
      const seen = watch();
      let connected = false;
      const connecting = client.connect().then(() => {
        connected = true;
      });
      await until(() => received.texts.length === 1, 'the message in the outbox');
      await until(() => seen.methods.includes('message.v2.pull'), 'a pull');
      expect([client.state, connected, seen.prekeys.length]).toEqual(['ready', false, 1]);
      for (const pass of seen.prekeys) pass();
      await connecting;
      await Promise.all([client.close(), omar.close()]);
    });

    it('asks a server that refuses it once per connection', async () => {
      const client = await fresh();
      let asked = 0;
      scripted.script = (request, socket) => {
        if (request.method !== 'message.v2.put_peer_pk') return 'pass';
        asked += 1;
        socket.answer(request, { error: { code: -32_601, message: 'method not found' } });
        return 'handled';
      };
      await client.connect();
      for (let pull = 0; pull < 3; pull += 1) await client.message.pull();
      expect(asked).toBe(1);
      await client.disconnect();
      await client.connect();
      expect(asked).toBe(2);
      await client.close();
    });
  });

  it('belongs to nobody: a late answer, a second one, and one with a wrong id change nothing', async () => {
    const client = await connected();
    const late: (() => void)[] = [];
    scripted.script = (request, socket) => {
      if (request.method !== 'meta.status') return 'pass';
      late.push(() => socket.answer(request, { result: { mode: 'late' } }));
      return 'handled';
    };
    const slow = await thrown(client.call('meta.status', {}, { timeout: 0.05 }));
    expect(slow).toBeInstanceOf(TimeoutError);
    for (const answer of [...late, ...late]) answer();

    scripted.rest();
    scripted.reply = (frame) =>
      (frame.result as JsonObject | undefined)?.mode === undefined
        ? frame
        : { ...frame, id: `${String(frame.id)}-of-somebody-else` };
    expect(await thrown(client.call('meta.status', {}, { timeout: 0.2 }))).toBeInstanceOf(TimeoutError);
    scripted.rest();
    expect(await client.call('meta.status')).toMatchObject({ mode: 'gateway' });
    expect(client.state).toBe('ready');
    await client.close();
  });

  it('notices a half-open socket by a call that times out, and comes back with what it missed', async () => {
    const client = await connected();
    const { aid } = await network.identity('omar');
    const omar = network.client(aid);
    await omar.connect();
    const received = collect(client);
    scripted.script = () => 'handled';
    scripted.reply = () => null;
    await omar.call('message.send', { to: String(client.aid), payload: { text: 'unheard' } });
    expect(await thrown(client.call('meta.ping', {}, { timeout: 0.05 }))).toBeInstanceOf(TimeoutError);
    await untilState(client, 'retry_backoff', 20_000);
    scripted.rest();
    await untilState(client, 'ready', 20_000);
    await until(() => received.texts.length === 1, 'the message');
    await Promise.all([client.close(), omar.close()]);
  });

  it('survives floods of frames before and after it is let in', async () => {
    const noise = (index: number): JsonObject => ({
      jsonrpc: '2.0',
      method: index % 2 === 0 ? 'event/app.noise' : 'notification/noise',
      params: { index },
    });
    const flood = 5_000;
    const client = await fresh();
    let heard = 0;
    client.on('app.noise', () => {
      heard += 1;
    });
    scripted.script = (request, socket) => {
      if (request.method === 'auth.connect') for (let n = 0; n < flood; n += 1) socket.say(noise(n));
      return 'pass';
    };
    await client.connect();
    // What comes before the client may listen is bounded: real events of that moment are pulled later.
    expect(heard).toBeLessThanOrEqual(1_000);
    scripted.rest();
    const before = heard;
    for (let n = 0; n < flood; n += 1) scripted.broadcast(noise(n));
    for (let n = 0; n < 500; n += 1) scripted.broadcast('not json');
    expect(await client.call('meta.ping')).toMatchObject({ pong: true });
    await until(() => heard - before === flood / 2, 'every event of the second flood');
    expect(client.state).toBe('ready');
    await client.close();
  });

  it('tells of challenges, notifications, garbage and kicks, each with the payload of 07 §9', async () => {
    const client = await connected();
    const seen: [string, unknown][] = [];
    client.on('*', (name, payload) => void seen.push([name, payload]));
    const detail = { aid: 'x' };
    scripted.broadcast({ jsonrpc: '2.0', method: 'challenge', params: { nonce: 'n2' } });
    scripted.broadcast({ jsonrpc: '2.0', method: 'notification/weather', params: { sun: true } });
    scripted.broadcast({ jsonrpc: '2.0', method: 'event/message.ack', params: { ack_seq: 7 } });
    scripted.broadcast({ jsonrpc: '2.0', method: 'event/of.nobody', params: {} });
    scripted.broadcast('[]');
    const kick = { code: 4009, reason: 'Connection replaced', detail };
    scripted.broadcast({ jsonrpc: '2.0', method: 'event/gateway.disconnect', params: kick });
    for (const socket of scripted.sockets) socket.close(4009);
    await untilState(client, 'connection_failed');
    expect(seen.map(([name]) => name)).toEqual([
      'connection.challenge',
      'notification',
      'message.ack',
      'connection.error',
      'gateway.disconnect',
      'state_change',
      'connection.state',
    ]);
    const payloads = Object.fromEntries(seen);
    expect(payloads['connection.challenge']).toMatchObject({ nonce: 'n2' });
    expect(payloads.notification).toMatchObject({ method: 'notification/weather', params: { sun: true } });
    expect(payloads['message.ack']).toMatchObject({ ack_seq: 7 });
    expect(payloads['connection.error']).toMatchObject({
      error: expect.any(Error),
      code: 'SERIALIZATION_ERROR',
    });
    expect(payloads['gateway.disconnect']).toMatchObject(kick);
    const change = { ...kick, error: expect.any(Error) };
    expect(payloads.state_change).toMatchObject({
      ...change,
      from: 'ready',
      to: 'connection_failed',
      state: 'connection_failed',
    });
    expect(payloads['connection.state']).toMatchObject({
      ...change,
      from: 'connected',
      to: 'terminal_failed',
      state: 'terminal_failed',
    });
    expect(client.lastErrorCode).toBe('SERVER_KICKED');
    await client.close();
  });
});
