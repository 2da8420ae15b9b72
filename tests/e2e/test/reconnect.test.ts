import { setImmediate as turn } from 'node:timers/promises';
import { type AUNClient, ConnectionError, GatewayUnreachableError, NotReadyError } from 'aun-client';
import { describe, expect, it } from 'vitest';
import { connected, newAgent, say } from '../src/agent.js';
import { GatewayProcess } from '../src/gateway-process.js';
import { testScope } from '../src/scope.js';
import { Trail } from '../src/trail.js';
import { until, within } from '../src/until.js';

const ready = (client: AUNClient): Promise<void> =>
  until('the client is ready', () => client.isReady, 60_000);

describe('a gateway that restarts', () => {
  it.each(['stop', 'kill'] as const)(
    '(%s) finds its clients again by themselves, with every subscription once',
    async (ending) => {
      const scope = testScope();
      const gateway = await GatewayProcess.start(scope);
      const nora = await newAgent(scope, gateway, 'nora');
      const otto = await newAgent(scope, gateway, 'otto');
      const typing: unknown[] = [];
      otto.client.on('app.typing', (event) => void typing.push(event));
      const cancelled = otto.client.on('message.received', () => void typing.push('cancelled'));
      cancelled.unsubscribe();
      await Promise.all([nora.client.connect(), otto.client.connect()]);
      const trail = new Trail(otto.client);
      await say(nora, otto, 'before');
      await otto.inbox.has('before');

      await gateway[ending]();
      await until('both have noticed', () => !nora.client.isReady && !otto.client.isReady);
      await expect(say(nora, otto, 'into the void')).rejects.toBeInstanceOf(NotReadyError);
      await gateway.revive();
      await Promise.all([ready(nora.client), ready(otto.client)]);
      await say(nora, otto, 'after');
      await otto.inbox.has('after');
      await nora.client.notify('event/app.typing', { thread: 1 }, { to: otto.aid });
      await until('the notification', () => typing.length > 0);

      expect(otto.inbox.texts).toEqual(['before', 'after']);
      expect(typing).toEqual([expect.objectContaining({ thread: 1 })]);
      expect(trail.states[0]).toBe('ready');
      expect(trail.states[1]).toBe('retry_backoff');
      expect(trail.states.at(-1)).toBe('ready');
      expect(new Set(trail.states)).toEqual(new Set(['ready', 'retry_backoff', 'reconnecting']));
    },
  );

  it('gets nobody back who did not ask for it', async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope);
    const { client } = await newAgent(scope, gateway);
    await client.connect({ auto_reconnect: false });
    await gateway.kill();
    await until('the loss is noticed', () => client.state === 'standby');
    await gateway.revive();
    await client.connect();
    expect(client.state).toBe('ready');
  });

  it('breaks the calls that are under way', async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope);
    const { client } = await connected(scope, gateway);
    process.kill(gateway.pid, 'SIGSTOP');
    const calls = Promise.allSettled([client.call('meta.ping', {}), client.call('meta.ping', {})]);
    await gateway.kill();
    for (const call of await within('the end of the calls', calls)) {
      expect(call.status).toBe('rejected');
      expect(call).toMatchObject({ reason: expect.any(ConnectionError) });
    }
  });
});

describe('connect() while the client waits for its next attempt', () => {
  it('does not wait, and settles with that attempt', async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope);
    const { client } = await newAgent(scope, gateway);
    await client.connect({ retry_initial_delay: 64, retry_max_delay: 64 });
    const trail = new Trail(client);
    await gateway.kill();
    await until('the client waits', () => client.state === 'retry_backoff' && client.nextRetryAt !== null);
    expect(client.lastErrorCode).toBe('CONNECTION_ERROR');
    await expect(client.connect()).rejects.toBeInstanceOf(ConnectionError);
    expect(client.hasIdentity).toBe(true);

    await gateway.revive();
    await until('the client waits again', () => client.state === 'retry_backoff');
    await client.connect();
    expect(client.state).toBe('ready');
    expect([client.nextRetryAt, client.retryAttempt, client.lastError]).toEqual([null, 0, null]);
    expect(trail.states.slice(-3)).toEqual(['retry_backoff', 'reconnecting', 'ready']);
  });

  it('starts anew when the attempts were used up', async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope);
    const { client } = await newAgent(scope, gateway);
    await client.connect({ retry_max_attempts: 2 });
    await gateway.kill();
    await until('the client gives up', () => client.state === 'connection_failed');
    expect(client.lastErrorCode).toBe('RECONNECT_EXHAUSTED');
    await gateway.revive();
    await client.connect();
    expect(client.state).toBe('ready');
  });
});

describe('disconnect() and close() in the middle of a connect()', () => {
  it('end it at whatever point it is, and leave a client that connects again', async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope);
    const { client } = await newAgent(scope, gateway);
    const outcomes = new Set<string>();
    for (let turns = 0; turns <= 24; turns += 2) {
      const attempt = client.connect().then(
        () => 'connected',
        (error: unknown) => (error instanceof ConnectionError ? error.message : error),
      );
      for (let count = 0; count < turns; count += 1) await turn();
      await client.disconnect();
      expect(client.state).toBe('standby');
      const outcome = await within('the end of the attempt', attempt);
      expect(['connected', 'disconnected']).toContain(outcome);
      outcomes.add(String(outcome));
      expect(client.state).toBe('standby');
      expect(client.lastError).toBeNull();
    }
    expect(outcomes).toContain('disconnected');
    await client.connect();
    await client.call('meta.ping', {});
  });

  it('also where nobody answers', async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope);
    const { client } = await newAgent(scope, gateway);
    await client.authenticate();
    process.kill(gateway.pid, 'SIGSTOP');
    const attempt = expect(client.connect()).rejects.toThrow('disconnected');
    await until('it is under way', () => client.state === 'connecting');
    await client.disconnect();
    await within('the end of the attempt', attempt, 2_000);
    process.kill(gateway.pid, 'SIGCONT');
    await client.connect();

    process.kill(gateway.pid, 'SIGSTOP');
    await client.disconnect();
    const last = expect(client.connect()).rejects.toBeInstanceOf(ConnectionError);
    await client.close();
    await within('the end of the last attempt', last, 2_000);
    expect(client.state).toBe('closed');
    process.kill(gateway.pid, 'SIGCONT');
  });
});

it('a first connect() without a gateway fails with a reason, and works as soon as there is one', async () => {
  const scope = testScope();
  const gateway = await GatewayProcess.start(scope);
  const { client } = await newAgent(scope, gateway);
  await gateway.kill();
  await expect(client.connect()).rejects.toBeInstanceOf(GatewayUnreachableError);
  expect(client.state).toBe('connection_failed');
  expect(client.lastErrorCode).toBe('GATEWAY_UNREACHABLE');
  await gateway.revive();
  await client.connect();
  expect(client.state).toBe('ready');
});
