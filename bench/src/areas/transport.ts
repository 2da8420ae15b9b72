import {
  checkGatewayHealth,
  createHttpClient,
  type HttpClient,
  ReconnectPolicy,
  type RoundOutcome,
  type RpcPeer,
} from 'aun-transport';
import type { WebSocket } from 'ws';
import { answersPerSecond, closed, echoPerSecond } from '../lib/echo-load.js';
import { type EchoProcess, startEcho } from '../lib/echo-process.js';
import { type GatewayProcess, startGateway } from '../lib/gateway-process.js';
import { lazy } from '../lib/lazy.js';
import { inParallel, milliseconds, perSecond, quantile } from '../lib/load.js';
import { residentBytes } from '../lib/process-usage.js';
import { Scope } from '../lib/scope.js';
import type { Area, Scenario } from '../lib/types.js';
import {
  connectBare,
  connectOnWire,
  instanceOf,
  loginOnWire,
  networkOf,
  registerOnWire,
} from '../lib/wire-agent.js';

interface Wire {
  readonly gateway: GatewayProcess;
  readonly echo: EchoProcess;
  /** A logged-in connection; any number up to 100 per agent. */
  connect(agent: number, number: number): Promise<RpcPeer>;
  connectBare(agent: number, number: number): Promise<WebSocket>;
}

const WINDOW = 16;
const WIDTH = 32;
const CHALLENGE_DELAY_S = 0.025;
const MEGABYTE = 1024 * 1024;
const ROUND_MS = 1_500;
const ROUNDS = 2;
/** A request as `RpcPeer` writes it. */
const pingFrame = '{"jsonrpc":"2.0","id":"rpc-0123456789abcdef","method":"meta.ping","params":{}}';

/** Gateway and echo server are processes of their own; the rows run on one more, which is this one. */
export const transport: Area['setup'] = async () => {
  const scope = new Scope();
  const wire = lazy(() => openWire(scope));
  return {
    primitives: {},
    rows: [],
    scenarios: [
      ...[1, 100].flatMap((connections) => [barePings(wire, connections), pings(wire, connections)]),
      connects(wire),
      ...[1_000, 5_000].map((count) => idleConnections(wire, count)),
      restart(scope, 1_000),
    ],
    close: () => scope.end(),
  };
};

async function openWire(scope: Scope): Promise<Wire> {
  const [gateway, echo] = await Promise.all([startGateway(scope), startEcho(scope)]);
  const network = networkOf(gateway);
  const tokens = new Map<number, Promise<string>>();
  const login = async (): Promise<string> =>
    loginOnWire(await registerOnWire(gateway, network), gateway, network);
  const tokenOf = (agent: number): Promise<string> => {
    const known = tokens.get(agent) ?? login();
    tokens.set(agent, known);
    return known;
  };
  return {
    gateway,
    echo,
    connect: async (agent, number) =>
      connectOnWire(gateway, network, await tokenOf(agent), instanceOf(number)),
    connectBare: async (agent, number) =>
      connectBare(gateway, network, await tokenOf(agent), instanceOf(number)),
  };
}

/** What the gateway does with unsigned `meta.ping`, 16 on the way on each connection, against `ws` that echoes the request to the same client. */
function barePings(wire: () => Promise<Wire>, connections: number): Scenario {
  const name = `gateway round trip, ${connections} connection${connections === 1 ? '' : 's'}`;
  return {
    rows: [name],
    async run() {
      const { echo, connectBare } = await wire();
      const sockets = await inParallel(connections, 10, (number) => connectBare(0, number));
      const load = { connections, window: WINDOW, ms: ROUND_MS };
      let opsPerSecond = 0;
      let bound = 0;
      for (let round = 0; round < ROUNDS; round++) {
        opsPerSecond = Math.max(opsPerSecond, await answersPerSecond(sockets, pingFrame, load));
        bound = Math.max(bound, await echoPerSecond(echo, pingFrame, load));
      }
      await Promise.all(sockets.map(closed));
      return [{ name, opsPerSecond, bound, note: 'one bare ws client for both; bound: ws echo' }];
    },
  };
}

/** The same with our own peer on the client's side. */
function pings(wire: () => Promise<Wire>, connections: number): Scenario {
  const name = `rpc round trip, ${connections} connection${connections === 1 ? '' : 's'}`;
  return {
    rows: [name],
    async run() {
      const { echo, connect } = await wire();
      const peers = await inParallel(connections, 10, (number) => connect(0, number));
      let opsPerSecond = 0;
      let bound = 0;
      for (let round = 0; round < ROUNDS; round++) {
        let turn = 0;
        const ping = () => peers[turn++ % connections]?.call('meta.ping') ?? Promise.reject();
        opsPerSecond = Math.max(opsPerSecond, await perSecond(ROUND_MS, connections * WINDOW, ping));
        const load = { connections, window: WINDOW, ms: ROUND_MS };
        bound = Math.max(bound, await echoPerSecond(echo, pingFrame, load));
      }
      await hangUp(peers);
      return [{ name, opsPerSecond, bound, note: `${WINDOW} requests on the way on each; bound: ws echo` }];
    },
  };
}

/** Socket, challenge and `auth.connect` with a token at hand; a client's key store and session are not in it. */
function connects(wire: () => Promise<Wire>): Scenario {
  const names = ['wire connect, lone', 'wire connect, 32 at a time'] as const;
  return {
    rows: names,
    async run() {
      const { echo, connect } = await wire();
      const numbers = [...Array(WIDTH).keys()];
      const ours = async (): Promise<void> => {
        const number = numbers.pop() ?? 0;
        await hangUp([await connect(1, number)]);
        numbers.push(number);
      };
      const bare = async (): Promise<void> => closed(await echo.open());
      const lone = await median(
        async () => connect(1, 0),
        (peer) => hangUp([peer]),
      );
      const open = await median(() => echo.open(), closed);
      const note = `p50 ${milliseconds(lone)}; bound: bare open ${milliseconds(open)} + challenge delay 25 ms`;
      return [
        { name: names[0], opsPerSecond: 1 / lone, bound: 1 / (open + CHALLENGE_DELAY_S), note },
        {
          name: names[1],
          opsPerSecond: await perSecond(ROUND_MS, WIDTH, ours),
          bound: await perSecond(ROUND_MS, WIDTH, bare),
          note: 'bound: bare TLS WebSockets opened and closed, without challenge delay and login',
        },
      ];
    },
  };
}

/** Growth of the server's resident memory per connection that does nothing, 100 of them per agent. */
function idleConnections(wire: () => Promise<Wire>, count: number): Scenario {
  const name = `idle connections per MB, ${count.toLocaleString('en-US')}`;
  return {
    rows: [name],
    long: count > 1_000,
    async run() {
      const { echo, gateway, connect } = await wire();
      // A tenth first and away again: code, pools and caches are then there before memory is read.
      const first = count / 10;
      await hangUp(await inParallel(first, 20, (n) => connect(10 + Math.floor(n / 100), n % 100)));
      const before = await settledBytes(gateway.pid);
      const peers = await inParallel(count, 20, (n) => connect(10 + Math.floor(n / 100), n % 100));
      const ours = ((await settledBytes(gateway.pid)) - before) / count;
      await hangUp(peers);
      await Promise.all((await inParallel(first, 20, () => echo.open())).map(closed));
      const bareBefore = await settledBytes(echo.pid);
      const sockets = await inParallel(count, 20, () => echo.open());
      const bare = ((await settledBytes(echo.pid)) - bareBefore) / count;
      await Promise.all(sockets.map(closed));
      const note = `${kilobytes(ours)} a connection; bound: bare ws over TLS, ${kilobytes(bare)}`;
      return [{ name, opsPerSecond: MEGABYTE / ours, bound: MEGABYTE / bare, note }];
    },
  };
}

/**
 * From the gateway's end to the last client that is logged in again, the gateway's own start included. The clients keep
 * a token and follow `ReconnectPolicy` with a health check before each attempt, as whole ones do (02 §15).
 */
function restart(scope: Scope, count: number): Scenario {
  const name = `all ready after a restart, ${count.toLocaleString('en-US')} clients`;
  return {
    rows: [name],
    long: true,
    async run() {
      const before = await startGateway(scope);
      const network = networkOf(before);
      const tokens = await inParallel(Math.ceil(count / 100), 10, async () =>
        loginOnWire(await registerOnWire(before, network), before, network),
      );
      const connect = (n: number): Promise<RpcPeer> =>
        connectOnWire(before, network, tokens[Math.floor(n / 100)] ?? '', instanceOf(n % 100));
      const peers = await inParallel(count, 20, connect);
      const { tls } = network;
      const http = createHttpClient(tls === undefined ? {} : { tls });
      const start = performance.now();
      const elapsed = (): number => (performance.now() - start) / 1e3;
      const back = peers.map(async (peer, n) => {
        await peer.closed;
        const ready = await reconnected(http, before.url, () => connect(n));
        return { ready, seconds: elapsed() };
      });
      await before.stop();
      const after = await startGateway(scope, '1DH/aid', before);
      const served = elapsed();
      const all = await Promise.all(back);
      const times = all.map(({ seconds }) => seconds);
      await hangUp(all.map(({ ready }) => ready));
      await after.stop();
      const [half, last] = [quantile(times, 0.5), Math.max(...times)];
      const note = `all after ${last.toPrecision(3)} s, half after ${half.toPrecision(3)} s; the gateway served again after ${served.toPrecision(3)} s; light wire clients`;
      return [{ name, opsPerSecond: 1 / last, bound: null, note }];
    },
  };
}

async function reconnected(http: HttpClient, url: string, connect: () => Promise<RpcPeer>): Promise<RpcPeer> {
  const policy = new ReconnectPolicy();
  let outcome: RoundOutcome = 'lost';
  for (;;) {
    const step = policy.next(outcome, Date.now());
    if (step.kind === 'exhausted') throw new Error('the policy has a limit');
    await new Promise((resolve) => setTimeout(resolve, step.delayMs));
    if (await checkGatewayHealth(http, url)) {
      try {
        return await connect();
      } catch {
        outcome = 'failed';
      }
    } else {
      outcome = 'unhealthy';
    }
  }
}

const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`;

async function settledBytes(pid: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return residentBytes(pid);
}

async function hangUp(peers: readonly RpcPeer[]): Promise<void> {
  for (const peer of peers) peer.close();
  await Promise.all(peers.map((peer) => peer.closed));
}

/** Median seconds of `open`; what it opened is taken down outside the measured time. */
async function median<T>(open: () => Promise<T>, close: (opened: T) => Promise<void>): Promise<number> {
  const seconds: number[] = [];
  for (let i = 0; i < 30; i++) {
    const start = performance.now();
    const opened = await open();
    seconds.push((performance.now() - start) / 1e3);
    await close(opened);
  }
  return quantile(seconds, 0.5);
}
