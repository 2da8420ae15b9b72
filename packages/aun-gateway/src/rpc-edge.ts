import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Clock, CloseCode, type Logger, type RandomBytes } from 'aun-core';
import { uuidV4 } from 'aun-crypto';
import type { WebSocket } from 'ws';
import { createEventBus } from './bus/event-bus.js';
import { defaultEdgeLimits } from './default-edge-limits.js';
import type { Federation } from './federation/federation.js';
import { TokenBuckets } from './limits/token-bucket.js';
import type { AgentMdLookup, AidDirectory, EdgeLimits, EdgeMetrics, TokenVerifier } from './ports.js';
import type { RpcMethod } from './rpc/method.js';
import { createRelayedCalls } from './rpc/relayed-call.js';
import { createRouter } from './rpc/router.js';
import { createTracer } from './rpc/trace.js';
import { createSignatureGate } from './services/client-signature.js';
import { createMessageService } from './services/message/service.js';
import { createAgentMdHints } from './services/meta/agent-md-hints.js';
import { metaMethods } from './services/meta/meta-methods.js';
import { createNotifyRouter } from './services/notify/route.js';
import { createPushService } from './services/push/push-service.js';
import type { PushSettings } from './services/push/push-settings.js';
import { authMethods } from './session/connect-method.js';
import { createSessions } from './session/sessions.js';
import type { Database } from './store/database.js';
import type { GroupCommit } from './store/group-commit.js';
import { challengeText, newNonce } from './ws/challenge.js';
import { createDispatch } from './ws/dispatch.js';
import { createUpgrade } from './ws/upgrade.js';
import { startUpkeep } from './ws/upkeep.js';
import { WireConnection } from './ws/wire-connection.js';

/** Everything the WebSocket side of the gateway is made of. */
export interface RpcEdgeDeps {
  /** `server` of the challenge, e.g. `gateway.{issuer}`. */
  readonly serverName: string;
  readonly version: string;
  /** Open and migrated. */
  readonly db: Database;
  /** The one commit queue of `db`. */
  readonly commit: GroupCommit;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: RandomBytes;
  readonly tokens: TokenVerifier;
  readonly directory: AidDirectory;
  readonly agentMd: AgentMdLookup;
  /** Methods of other services: `auth.*` (without `auth.connect`, `auth.logout`), `meta.trust_roots`. */
  readonly methods: readonly RpcMethod[];
  /** Seconds an AID has to wait before its next `auth.connect`; 0 = admitted (01 §18). */
  readonly admitConnect?: (aid: string) => number;
  /** Seconds an address has to wait before its next socket; 0 = admitted. */
  readonly admitSocket?: (address: string) => number;
  /** The same for a frame without session. */
  readonly admitAnonymous?: (address: string) => number;
  /** Address of the client; default: the socket's. */
  readonly clientAddress?: (request: IncomingMessage) => string;
  readonly limits?: Partial<EdgeLimits>;
  /** Offline push (04 §19). */
  readonly push?: Partial<PushSettings>;
  readonly metrics?: EdgeMetrics;
  /** Other issuers' gateways (02 §20). */
  readonly federation?: Federation | undefined;
}

export interface RpcEdge {
  /** For the HTTPS server's `upgrade` event: `/aun`, `/ws`, `/`; 404 elsewhere, 503 while draining (02 §0, §4.1). */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** False while draining: `/health` answers 503 then. */
  readonly accepting: boolean;
  readonly connectionCount: number;
  /** The AID's agent.md was published or removed: drops cached versions and throttles (02 §8). */
  agentMdChanged(aid: string): void;
  /** The AID has a new key: its stored prekeys are discarded (04 §6.1). */
  aidRekeyed(aid: string): void;
  /** Kicks all connections of an AID: event, 200 ms, close (02 §11.1). 4001 token revoked, 4003 AID suspended. */
  disconnectAid(aid: string, code: 4001 | 4003, reason: string): void;
  /** Refuses upgrades from now on; what is connected goes on. */
  drain(): void;
  /** Refuses upgrades, closes every socket with 1012, flushes acks and the commit queue. The database stays open. */
  close(): Promise<void>;
}

const DRAIN_POLL_MS = 20;
const DRAIN_MAX_MS = 3_000;

/** Puts sockets, sessions, router and services together. */
export function createRpcEdge(deps: RpcEdgeDeps): RpcEdge {
  const { clock, commit, log, metrics, random } = deps;
  const limits: EdgeLimits = { ...defaultEdgeLimits, ...deps.limits };
  const connections = new Map<string, WireConnection>();
  const sessions = createSessions({ clock, log, limits });
  const { index } = sessions;
  const hints = createAgentMdHints({ clock, lookup: deps.agentMd, throttleMs: limits.metaThrottleMs });
  const { db, directory } = deps;
  const bus = createEventBus(index);
  const push = createPushService({ db, commit, clock, random, sessions, bus, settings: deps.push ?? {} });
  const messages = createMessageService({
    db,
    commit,
    clock,
    log,
    random,
    limits,
    directory,
    agentMd: hints,
    sessions,
    hints,
    onStored: (item) => push.stored(item),
    federation: deps.federation?.port,
  });
  const buckets = (perSecond: number, burst: number) => new TokenBuckets({ perSecond, burst }, clock);
  const requestRate = buckets(limits.rpcRate, limits.rpcBurst);
  const admitAnonymous = deps.admitAnonymous ?? (() => 0);
  // Far more than any heartbeat needs; what goes beyond counts like every other request.
  const strangerPings = buckets(5, 50);
  const router = createRouter({
    methods: [
      ...authMethods({
        sessions,
        tokens: deps.tokens,
        registerDevice: (info) => messages.registerDevice(info),
        registerPush: (aid, config) => push.register(aid, config),
        admitConnect: deps.admitConnect ?? (() => 0),
        version: deps.version,
        heartbeatIntervalSeconds: limits.heartbeatIntervalSeconds,
        defaultShortTtlMs: limits.shortTtlMs,
        maxMessageSize: limits.maxFrameBytes,
      }),
      ...metaMethods,
      ...messages.methods,
      ...push.methods,
      ...deps.methods,
    ],
    clock,
    log,
    deadlineMs: limits.handlerDeadlineMs,
    tracer: createTracer(limits.traceMaxMode, () => uuidV4(random).replaceAll('-', '')),
    meta: hints,
    limiter: {
      // Pings are never refused (02 §14).
      admit: (session, method) => (method === 'meta.ping' ? 0 : requestRate.take(session.aid)),
      admitAnonymous: ({ id, remoteAddress }, method) =>
        method === 'meta.ping' && strangerPings.take(id) === 0 ? 0 : admitAnonymous(remoteAddress),
    },
    signatures: createSignatureGate({
      directory,
      policy: limits.verifyClientSignature,
      clock,
      windowSeconds: limits.signatureWindowSeconds,
    }),
    ...(metrics ? { onServed: (method, code, milliseconds) => metrics.rpc(method, code, milliseconds) } : {}),
  });
  const { federation } = deps;
  const peers = federation?.attach({
    bus,
    limits,
    execute: createRelayedCalls({
      methods: messages.methods,
      clock,
      log,
      deadlineMs: limits.handlerDeadlineMs,
      signatures: createSignatureGate({
        directory: federation.directory,
        policy: limits.verifyClientSignature,
        clock,
        windowSeconds: limits.signatureWindowSeconds,
      }),
    }),
  });
  const dispatch = createDispatch({
    router,
    index,
    log,
    notification: createNotifyRouter({
      bus,
      clock,
      rate: buckets(limits.notifyRate, limits.notifyBurst),
      federation: federation?.port,
    }),
    admitAnonymous,
    federation: peers,
  });

  let accepting = true;

  const addressOf = (request: IncomingMessage): string =>
    deps.clientAddress?.(request) ?? request.socket.remoteAddress ?? '';

  const accept = (socket: WebSocket, request: IncomingMessage): void => {
    const nonce = newNonce(random);
    const connection = new WireConnection(socket, {
      id: `c-${uuidV4(random)}`,
      nonce,
      remoteAddress: addressOf(request),
      clock,
      stream: request.socket,
      limits: { maxFrames: limits.outboundMaxFrames, maxBytes: limits.outboundMaxBytes },
      events: {
        frame: dispatch,
        closed: (from, code) => {
          connections.delete(from.id);
          peers?.closed(from.id);
          sessions.closed(from.id, code);
          metrics?.connectionClosed();
        },
      },
    });
    connections.set(connection.id, connection);
    sessions.opened(connection);
    metrics?.connectionOpened();
    // Clients that listen late would miss a challenge that rides on the upgrade's packet (02 §4.1).
    clock.setTimeout(
      () => connection.send(challengeText(nonce, deps.serverName, clock.now()), 'answer'),
      limits.challengeDelayMs,
      { background: true },
    );
  };

  const upgrade = createUpgrade({
    maxFrameBytes: limits.maxFrameBytes,
    refusal: (request) => {
      if (!accepting) return { status: '503 Service Unavailable', reason: 'the gateway is restarting' };
      if (connections.size >= limits.maxConnections) {
        return { status: '503 Service Unavailable', reason: 'the gateway has too many connections' };
      }
      const wait = deps.admitSocket?.(addressOf(request)) ?? 0;
      return wait === 0
        ? null
        : {
            status: '429 Too Many Requests',
            reason: `too many sockets, retry in ${wait} s`,
            retryAfter: wait,
          };
    },
    accept,
  });
  const upkeep = startUpkeep({
    clock,
    limits,
    connections: () => connections.values(),
    isAuthenticated: ({ id }) => index.byConnection(id) !== undefined || peers?.isPeer(id) === true,
  });

  const allClosed = (): Promise<void> =>
    new Promise((resolve) => {
      const deadline = clock.now() + DRAIN_MAX_MS;
      const look = (): void => {
        if (connections.size === 0) {
          resolve();
        } else if (clock.now() >= deadline) {
          for (const connection of connections.values()) connection.terminate();
          resolve();
        } else {
          clock.setTimeout(look, DRAIN_POLL_MS);
        }
      };
      look();
    });

  return {
    handleUpgrade: upgrade,
    get accepting() {
      return accepting;
    },
    get connectionCount() {
      return connections.size;
    },
    agentMdChanged: (aid) => hints.changed(aid),
    aidRekeyed: (aid) => {
      messages.aidRekeyed(aid).catch((error) => log.error('prekeys could not be discarded', { aid, error }));
    },
    disconnectAid: (aid, code, reason) => sessions.kickAid(aid, code, reason),
    drain() {
      accepting = false;
    },
    async close() {
      accepting = false;
      for (const connection of connections.values())
        connection.close(CloseCode.serviceRestart, 'service restart');
      await allClosed();
      upkeep.stop();
      push.stop();
      messages.close();
    },
  };
}
