import { readFile } from 'node:fs/promises';
import { createHttpClient, openSocket } from 'aun-transport';
import { describe, expect, it } from 'vitest';
import { connected, freshAid, openClient, openStore, say, unwrap } from '../src/agent.js';
import { GatewayProcess } from '../src/gateway-process.js';
import { PersistentSender } from '../src/persistent-sender.js';
import { type Scope, testScope } from '../src/scope.js';
import { share } from '../src/soak.js';
import { Trail } from '../src/trail.js';
import { until, within } from '../src/until.js';

const CLIENTS = share(50, 200);
const OUTAGE_MS = 2_000;
/** For hanging only: how long it takes is a row of the bench, `clients ready after a restart`. */
const BACK_BY_MS = 60_000;

const trusting = async ({ rootCaPath }: GatewayProcess) => ({
  tls: { verify: true, caPem: await readFile(rootCaPath, 'utf8') },
});

/** Asks `/health` over and over; 0 stands for nobody there. */
const healthOf = async (scope: Scope, gateway: GatewayProcess): Promise<() => Promise<number>> => {
  const http = createHttpClient(await trusting(gateway));
  scope.defer(() => http.close());
  const url = new URL('/health', gateway.url.replace('wss:', 'https:')).href;
  return () =>
    http.request({ url, timeoutMs: 5_000 }).then(
      ({ status }) => status,
      () => 0,
    );
};

describe('a gateway that is told to end (SIGTERM)', () => {
  it('says no to new work, closes with 1012 and finds its clients again; what was sent meanwhile arrives once', async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope, { listen: { drainMs: 3_000 } });
    const health = await healthOf(scope, gateway);
    const nora = await connected(scope, gateway, 'nora');
    const otto = await connected(scope, gateway, 'otto');
    const trail = new Trail(otto.client);
    const stranger = await openSocket(gateway.url, await trusting(gateway));
    const closed = new Promise<number>((resolve) =>
      stranger.listen({ message: () => undefined, close: ({ code }) => resolve(code) }),
    );
    const sender = new PersistentSender(nora, otto, 'through the restart');
    await sender.sendNext();
    await say(otto, nora, 'before');
    expect(await health()).toBe(200);

    let sending = true;
    const stream = sender.sendWhile(() => sending);
    const ended = gateway.stop();
    await until('/health says that it drains', async () => (await health()) === 503);
    const during = await say(otto, nora, 'while it drains');
    expect(during.status).toMatch(/sent|delivered/);
    expect(otto.client.isReady).toBe(true);
    expect(await within('the end of the socket', closed)).toBe(1012);
    expect(await ended).toMatchObject({ code: 0, signal: null });
    await until('the loss is noticed', () => trail.states.includes('retry_backoff'));
    const loss = trail.changes.find(({ to }) => to === 'retry_backoff');
    expect(String(loss?.error)).toContain('code=1012');

    await gateway.revive();
    expect(await health()).toBe(200);
    await until('both are back', () => nora.client.isReady && otto.client.isReady, BACK_BY_MS);
    const before = sender.acknowledged.length;
    await until('the stream flows again', () => sender.acknowledged.length > before + 3);
    sending = false;
    await stream;
    await otto.inbox.holds(sender.acknowledged.length);
    expect(otto.inbox.texts).toEqual(sender.acknowledged);
    expect(otto.inbox.undecryptable).toEqual([]);
    await nora.inbox.has('while it drains');
    expect(nora.inbox.texts).toEqual(['before', 'while it drains']);
  });

  it(`has all of ${CLIENTS} clients back after an outage of ${OUTAGE_MS / 1_000} s`, async () => {
    const scope = testScope();
    const gateway = await GatewayProcess.start(scope, { rateLimits: { scale: 0 } });
    const store = openStore(scope, gateway, await scope.folder());
    const agents: ReturnType<typeof openClient>[] = [];
    const join = async (): Promise<void> => {
      const aid = freshAid(gateway, 'many');
      unwrap(await store.register(aid));
      const agent = openClient(scope, store, aid);
      await agent.client.connect();
      agents.push(agent);
    };
    while (agents.length < CLIENTS) await Promise.all(Array.from({ length: 5 }, join));

    await gateway.stop();
    await until('everybody has noticed', () => agents.every(({ client }) => !client.isReady));
    await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
    await gateway.revive();
    const served = performance.now();
    await until('everybody is back', () => agents.every(({ client }) => client.isReady), BACK_BY_MS);
    console.log(`drain: ${CLIENTS} clients ready ${Math.round(performance.now() - served)} ms after health`);
    for (const { client } of agents) expect(client.lastError).toBeNull();
  }, 400_000);
});
