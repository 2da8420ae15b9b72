import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject } from 'aun-core';
import type { RpcPeer } from 'aun-transport';
import { closed, echoPerSecond } from '../lib/echo-load.js';
import { startEcho } from '../lib/echo-process.js';
import { type GatewayProcess, startGateway, type WrapPolicy } from '../lib/gateway-process.js';
import { lazy } from '../lib/lazy.js';
import { inParallel, microseconds, milliseconds, quantile } from '../lib/load.js';
import { type MessageBound, messageBound } from '../lib/message-bound.js';
import { type Agent, KILOBYTE, leave, newAgent, newPairs, type Pair, Talk } from '../lib/pairs.js';
import { cpuSeconds } from '../lib/process-usage.js';
import { Scope } from '../lib/scope.js';
import type { Area, Finding, Scenario } from '../lib/types.js';
import { connectOnWire, networkOf } from '../lib/wire-agent.js';

type Bounds = () => Promise<Readonly<Record<WrapPolicy, MessageBound>>>;

const POLICIES = ['1DH/aid', '3DH/device'] as const;
const MEGABYTE = 1024 * 1024;

/** Whole clients with end-to-end encryption in this process, the gateway in its own: two processes, real TLS sockets. */
export const client: Area['setup'] = async () => {
  const scope = new Scope();
  const bounds = lazy(() => messageBound(scope));
  return {
    primitives: {},
    rows: [],
    scenarios: [
      connecting(scope),
      ...POLICIES.flatMap((policy) =>
        ([1, 10, 100] as const).map((pairs) => throughput(scope, bounds, policy, pairs)),
      ),
      latency(scope, bounds),
      backlog(scope, 2_000),
      backlog(scope, 100_000),
      restart(scope, 200),
    ],
    close: () => scope.end(),
  };
};

/** Runs `work` on a gateway of its own that ends with it. */
async function onGateway<T>(
  scope: Scope,
  policy: WrapPolicy,
  work: (gateway: GatewayProcess) => Promise<T>,
): Promise<T> {
  const gateway = await startGateway(scope, policy);
  const result = await work(gateway);
  await gateway.stop();
  return result;
}

async function onPairs<T>(
  scope: Scope,
  policy: WrapPolicy,
  count: number,
  work: (pairs: readonly Pair[], talk: Talk, gateway: GatewayProcess) => Promise<T>,
): Promise<T> {
  return onGateway(scope, policy, async (gateway) => {
    const pairs = await newPairs(gateway, scope.folder(), count);
    const talk = new Talk(pairs);
    // First contact costs look-ups that later messages do not.
    await Promise.all(pairs.map((pair) => talk.say(pair)));
    const result = await work(pairs, talk, gateway);
    await Promise.all(pairs.flatMap(({ from, to }) => [leave(from), leave(to)]));
    return result;
  });
}

/** `connect()` to `ready` with a token in the key store. */
function connecting(scope: Scope): Scenario {
  const name = 'client connect';
  return {
    rows: [name],
    run: () =>
      onGateway(scope, '1DH/aid', async (gateway) => {
        const agent = await newAgent(gateway, scope.folder(), 'connector');
        const echo = await startEcho(scope);
        const ours: number[] = [];
        const bare: number[] = [];
        await agent.client.connect();
        for (let i = 0; i < 30; i++) {
          await agent.client.disconnect();
          ours.push(await seconds(() => agent.client.connect()));
          const start = performance.now();
          const socket = await echo.open();
          bare.push((performance.now() - start) / 1e3);
          await closed(socket);
        }
        await leave(agent);
        const [mine, open] = [quantile(ours, 0.5), quantile(bare, 0.5)];
        const note = `p50 ${milliseconds(mine)}, p95 ${milliseconds(quantile(ours, 0.95))}; bound: bare open ${milliseconds(open)} + challenge delay 25 ms`;
        return [{ name, opsPerSecond: 1 / mine, bound: 1 / (open + 0.025), note }];
      }),
  };
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1e3;
}

/** From the first send to the last delivery, 16 messages under way per pair, at most 200 in all. */
function throughput(scope: Scope, bounds: Bounds, policy: WrapPolicy, count: 1 | 10 | 100): Scenario {
  const name = `messages, ${policy}, ${count} pair${count === 1 ? '' : 's'}`;
  // Long enough that most of it runs optimised code.
  const total = { 1: 1_500, 10: 5_000, 100: 10_000 }[count];
  return {
    rows: [name],
    long: policy === '3DH/device' && count !== 10,
    run: () =>
      onPairs(scope, policy, count, async (pairs, talk, gateway) => {
        const width = Math.min(200, 16 * count);
        const say = (index: number): Promise<unknown> => {
          const pair = pairs[index % count];
          return pair === undefined ? Promise.reject(new Error('no pair')) : talk.say(pair);
        };
        await inParallel(total / 4, width, say);
        const before = processorTime(gateway);
        const took = await seconds(() => inParallel(total, width, say));
        const used = usedSince(before, processorTime(gateway), total);
        const { seconds: bound, note } = (await bounds())[policy];
        return [{ name, opsPerSecond: total / took, bound: 1 / bound, note: `${used}${note}` }];
      }),
  };
}

const processorTime = ({ pid }: GatewayProcess) =>
  [process.pid, pid].map((one) => cpuSeconds(one) ?? Number.NaN);

/** Processor time per message: unlike the rate, it hardly depends on what else the machine does. */
function usedSince(before: readonly number[], after: readonly number[], count: number): string {
  const [clients = Number.NaN, server = Number.NaN] = after.map((end, i) => (end - (before[i] ?? 0)) / count);
  return Number.isNaN(server)
    ? ''
    : `processor time of both clients ${microseconds(clients)}, of the gateway ${microseconds(server)}; `;
}

/** Seconds from `send` to the handler, given as how many fit in a second. */
function latency(scope: Scope, bounds: Bounds): Scenario {
  const kinds = ['lone', 'at 500/s'] as const;
  const names = kinds.flatMap((kind) => ['p50', 'p99'].map((part) => `latency ${kind}, ${part}`));
  return {
    rows: names,
    run: () =>
      onPairs(scope, '1DH/aid', 20, async (pairs, talk) => {
        const [first] = pairs;
        if (first === undefined) throw new Error('no pair');
        const lone = await inParallel(200, 1, () => talk.say(first));
        const busy = await paced(500, 4, (index) => talk.say(pairs[index % pairs.length] ?? first));
        const { seconds: bound } = (await bounds())['1DH/aid'];
        return [lone, busy].flatMap((times, kind): Finding[] =>
          [0.5, 0.99].map((part, index) => {
            const took = quantile(times, part);
            const name = names[2 * kind + index] ?? '';
            return { name, opsPerSecond: 1 / took, bound: 1 / bound, note: milliseconds(took) };
          }),
        );
      }),
  };
}

/** Starts `rate` a second for `duration` seconds whether earlier ones have ended or not. */
async function paced<T>(rate: number, duration: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const running: Promise<T>[] = [];
  const start = performance.now();
  while (running.length < rate * duration) {
    const due = Math.min(rate * duration, Math.floor(((performance.now() - start) / 1e3) * rate));
    while (running.length < due) running.push(work(running.length));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return Promise.all(running);
}

/** Pages of 50 that an agent pulls after it was away, nothing decrypted; then what the messages take on disk. */
function backlog(scope: Scope, count: number): Scenario {
  const size = count.toLocaleString('en-US');
  const names = [`backlog pull, ${size} messages`, `database, messages per MB, ${size}`] as const;
  return {
    rows: names,
    long: count > 2_000,
    async run() {
      const gateway = await startGateway(scope);
      const [from, to] = await Promise.all([
        newAgent(gateway, scope.folder(), 'writer'),
        newAgent(gateway, scope.folder(), 'absent'),
      ]);
      await Promise.all([from.client.connect(), to.client.connect()]);
      await to.client.disconnect();
      const before = databaseBytes(gateway.dataDir);
      await inParallel(count, 16, () => send(from, to.aid));
      const peer = await wireOf(to, gateway);
      const start = performance.now();
      const pulled = await pullAll(peer);
      const took = (performance.now() - start) / 1e3;
      if (pulled.rows !== count) throw new Error(`${pulled.rows} messages instead of ${count}`);
      peer.close();
      await peer.closed;
      const page = 'x'.repeat(50 * pulled.bytes);
      const echoed = await echoPerSecond(await startEcho(scope), page, {
        connections: 1,
        window: 1,
        ms: 1_500,
      });
      await Promise.all([leave(from), leave(to)]);
      await gateway.stop();
      const bytes = (databaseBytes(gateway.dataDir) - before) / count;
      return [
        {
          name: names[0],
          opsPerSecond: count / took,
          bound: 50 * echoed,
          note: `pages of 50, before decryption, ${pulled.bytes} bytes a row; bound: ws echo of such pages, one at a time`,
        },
        {
          name: names[1],
          opsPerSecond: MEGABYTE / bytes,
          bound: MEGABYTE / pulled.bytes,
          note: `${Math.round(bytes)} bytes a message; bound: the row as pulled, ${pulled.bytes} bytes`,
        },
      ];
    },
  };
}

const send = ({ client: sender }: Agent, to: string): Promise<unknown> =>
  sender.call('message.send', { to, payload: { type: 'text', text: KILOBYTE } });

/** Whole clients whose gateway goes and comes back: from the moment it serves again to the last one that is `ready`. */
function restart(scope: Scope, count: number): Scenario {
  const name = 'clients ready after a restart';
  const outage = 2_000;
  return {
    rows: [name],
    long: true,
    async run() {
      const gateway = await startGateway(scope);
      const folder = scope.folder();
      const agents = await inParallel(count, 8, async (index) => {
        const agent = await newAgent(gateway, folder, `restarted-${index}`);
        await agent.client.connect();
        return agent;
      });
      await gateway.stop();
      await new Promise((resolve) => setTimeout(resolve, outage));
      const times: number[] = [];
      const ready = agents.map(async (agent) => {
        await becomesReady(agent);
        times.push(performance.now());
      });
      const again = await startGateway(scope, '1DH/aid', gateway);
      const served = performance.now();
      await Promise.all(ready);
      await Promise.all(agents.map(leave));
      await again.stop();
      const [half, last] = [0.5, 1].map((part) => Math.max(0, quantile(times, part) - served) / 1e3);
      const note = `${count} clients, ${outage / 1e3} s without a gateway: half after ${milliseconds(half ?? 0)}, all after ${milliseconds(last ?? 0)} of its health; goal: all within 10 s`;
      return [{ name, opsPerSecond: 1 / Math.max(last ?? 0, 1e-3), bound: null, note }];
    },
  };
}

const becomesReady = ({ client: returning }: Agent): Promise<void> =>
  new Promise((resolve) => {
    returning.on('state_change', ({ to }) => {
      if (to === 'ready') resolve();
    });
  });

/** As the absent agent, on a bare connection: its client would decrypt. */
async function wireOf(agent: Agent, gateway: GatewayProcess): Promise<RpcPeer> {
  const { access_token: token } = await agent.client.authenticate();
  const { deviceId, slotId } = agent.store;
  return connectOnWire(gateway, networkOf(gateway), token, { deviceId, slotId });
}

async function pullAll(peer: RpcPeer): Promise<{ rows: number; bytes: number }> {
  const total = { rows: 0, bytes: 0 };
  let after = 0;
  for (;;) {
    const page = await peer.call('message.v2.pull', { after_seq: after, limit: 50 });
    const rows = isJsonObject(page) && Array.isArray(page.messages) ? page.messages : [];
    const last = rows.at(-1);
    if (!isJsonObject(last)) return total;
    after = Number(last.seq);
    total.rows += rows.length;
    if (total.bytes === 0) total.bytes = JSON.stringify(last).length;
  }
}

/** The database and its write-ahead log. */
function databaseBytes(folder: string): number {
  const files = readdirSync(folder).filter((name) => name.startsWith('gateway.db'));
  return files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}
