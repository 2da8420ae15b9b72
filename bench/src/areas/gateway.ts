import { buildClientSignature } from 'aun-pki';
import type { SocketOptions } from 'aun-transport';
import { openDisk } from '../lib/disk.js';
import { closed, echoPerSecond } from '../lib/echo-load.js';
import { type EchoProcess, startEcho } from '../lib/echo-process.js';
import { type GatewayProcess, startGateway } from '../lib/gateway-process.js';
import { lazy } from '../lib/lazy.js';
import { microseconds, perSecond, secondsOf } from '../lib/load.js';
import { type Primitives, platformPrimitives } from '../lib/platform.js';
import { Scope } from '../lib/scope.js';
import type { Area, Scenario } from '../lib/types.js';
import { connectOnWire, instanceOf, loginOnWire, networkOf, registerOnWire } from '../lib/wire-agent.js';

interface Server {
  readonly gateway: GatewayProcess;
  readonly echo: EchoProcess;
  readonly network: SocketOptions;
  readonly crypto: Primitives;
  /** Seconds of one commit on this disk. */
  readonly commit: number;
}

const WIDTH = 16;
const ROUND_MS = 2_500;

/**
 * What a gateway does per second for agents that speak the protocol themselves. A bound is the sum of what no gateway
 * and no agent can leave out: sockets opened bare at the same width, curve operations, a commit. Gateway and agents are
 * two processes, so on two cores more than the bound is possible.
 */
export const gateway: Area['setup'] = async () => {
  const scope = new Scope();
  const server = lazy(() => openServer(scope));
  return {
    primitives: {},
    rows: [],
    scenarios: [registrations(server), logins(server), signedRequests(server)],
    close: () => scope.end(),
  };
};

async function openServer(scope: Scope): Promise<Server> {
  const [process, echo, crypto] = await Promise.all([
    startGateway(scope),
    startEcho(scope),
    platformPrimitives('node'),
  ]);
  const disk = openDisk(scope.folder());
  const commit = secondsOf(() => disk.commit(), 10);
  disk.close();
  return { gateway: process, echo, network: networkOf(process), crypto, commit };
}

const openAndClose = ({ echo }: Server) => perSecond(ROUND_MS, WIDTH, async () => closed(await echo.open()));

function registrations(server: () => Promise<Server>): Scenario {
  const name = 'registrations';
  return {
    rows: [name],
    async run() {
      const all = await server();
      const { gateway: process, network, crypto, commit } = all;
      const opsPerSecond = await perSecond(ROUND_MS, WIDTH, () => registerOnWire(process, network));
      const open = 1 / (await openAndClose(all));
      const curve = secondsOf(crypto.keygen) + secondsOf(crypto.sign);
      const note = `bound: one socket ${microseconds(open)} + new key and certificate signature ${microseconds(curve)} + commit ${microseconds(commit)}`;
      return [{ name, opsPerSecond, bound: 1 / (open + curve + commit), note }];
    },
  };
}

function logins(server: () => Promise<Server>): Scenario {
  const name = 'logins';
  return {
    rows: [name],
    async run() {
      const all = await server();
      const { gateway: process, network, crypto, commit } = all;
      const agents = await Promise.all(Array.from({ length: WIDTH }, () => registerOnWire(process, network)));
      let turn = 0;
      const login = async (): Promise<unknown> => {
        const agent = agents[turn++ % WIDTH];
        return agent === undefined ? undefined : loginOnWire(agent, process, network);
      };
      const opsPerSecond = await perSecond(ROUND_MS, WIDTH, login);
      const open = 2 / (await openAndClose(all));
      const curve = 3 * secondsOf(crypto.sign) + 2 * secondsOf(crypto.verifyWarm);
      const note = `bound: two sockets ${microseconds(open)} + 3 signatures and 2 verifications ${microseconds(curve)} + commit ${microseconds(commit)}`;
      return [{ name, opsPerSecond, bound: 1 / (open + curve + commit), note }];
    },
  };
}

/** Pulls of an empty inbox, each signed by the agent and verified by the gateway (01 §15). */
function signedRequests(server: () => Promise<Server>): Scenario {
  const name = 'signed requests';
  return {
    rows: [name],
    async run() {
      const { gateway: process, network, crypto, echo } = await server();
      const agent = await registerOnWire(process, network);
      const peer = await connectOnWire(
        process,
        network,
        await loginOnWire(agent, process, network),
        instanceOf(0),
      );
      const method = 'message.v2.pull';
      const certFingerprint = agent.certificate.fingerprint;
      let turn = 0;
      const request = () => {
        const params = { after_seq: 0, limit: 1 + (turn++ % 50) };
        const signer = { aid: agent.aid, privateKey: agent.key, certFingerprint };
        const signature = buildClientSignature({ method, params, ...signer, now: Date.now() });
        return { ...params, client_signature: { ...signature } };
      };
      const opsPerSecond = await perSecond(ROUND_MS, WIDTH, () => peer.call(method, request()));
      peer.close();
      await peer.closed;
      const frame = JSON.stringify({ jsonrpc: '2.0', id: 'rpc-0123456789abcdef', method, params: request() });
      const load = { connections: 1, window: WIDTH, ms: ROUND_MS };
      const echoed = 1 / (await echoPerSecond(echo, frame, load));
      const curve = secondsOf(crypto.sign) + secondsOf(crypto.verifyWarm);
      const note = `bound: one signature and one verification ${microseconds(curve)} + ws echo of the frame ${microseconds(echoed)}`;
      return [{ name, opsPerSecond, bound: 1 / (curve + echoed), note }];
    },
  };
}
