import {
  type Clock,
  isJsonObject,
  issuerOf,
  type Logger,
  type RandomBytes,
  RpcCode,
  tryParseJson,
} from 'aun-core';
import { uuidV4 } from 'aun-crypto';
import type { EventBus } from '../bus/event-bus.js';
import type { Authorities } from '../ca/authorities.js';
import type { KeyVault } from '../ca/custody/key-vault.js';
import type { GatewayConfig } from '../config/schema.js';
import { TokenBuckets } from '../limits/token-bucket.js';
import type { AidDirectory, EdgeLimits } from '../ports.js';
import { invalidParams, RpcFailure } from '../rpc/failure.js';
import { sliceElements, sliceMember } from '../rpc/json-slice.js';
import type { SessionCallContext } from '../rpc/method.js';
import { RawJson } from '../rpc/raw-json.js';
import type { RelayedCalls } from '../rpc/relayed-call.js';
import type { AuditLog } from '../services/auth/audit-log.js';
import type { IdentityStore } from '../services/identity/identity-store.js';
import type { Database } from '../store/database.js';
import type { GroupCommit } from '../store/group-commit.js';
import { type Acceptor, createAcceptor } from './acceptor.js';
import { createCertificateStore } from './certificate-store.js';
import { createPeerDiscovery } from './discovery.js';
import { createEventSender } from './event-sender.js';
import { createEventAcceptor } from './events.js';
import { createForeignCertificates, type ForeignCertificates } from './foreign-certificates.js';
import type { Forwarder } from './forward-lane.js';
import { GatewayIdentities } from './gateway-identities.js';
import { MAX_FRAME } from './hello.js';
import { failureOfFault, LinkFault } from './link-fault.js';
import type { FederationMetrics } from './metrics.js';
import { createOutboxStore } from './outbox-store.js';
import { createPeerLinks } from './peer-links.js';
import { createPeerList, type PeerList } from './peer-list.js';
import { createPeerPki } from './peer-pki.js';
import { createPeerTrust } from './peer-trust.js';
import type { FederationPort } from './port.js';
import { createFederationRecords } from './records.js';
import { createRelayAcceptor } from './relay-acceptor.js';
import { createRelayClient, readOutcome } from './relay-client.js';
import { relayText, withMembers, withoutPrivateMembers } from './relay-frame.js';
import { StoreAndForward } from './store-and-forward.js';

const FRAME_RESERVE = 1_024;
const BATCH_TIMEOUT_MS = 20_000;
const SWEEP_MS = 60_000;
/** Messages may be read as long as they are kept. */
const KEEP_CERTIFICATES_MS = 30 * 86_400_000;

export interface FederationDeps {
  readonly config: GatewayConfig['federation'];
  readonly authorities: Authorities;
  readonly vault: () => KeyVault;
  readonly identityStore: IdentityStore;
  readonly db: Database;
  readonly commit: GroupCommit;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Logger;
  readonly audit: AuditLog;
  readonly metrics: FederationMetrics;
}

/** What the RPC edge lends: relayed calls run there, events leave there. */
export interface FederationEdge {
  readonly execute: RelayedCalls;
  readonly bus: EventBus;
  readonly limits: Pick<EdgeLimits, 'fanoutTtlMs' | 'verifyClientSignature'>;
}

/** Everything a gateway does with gateways of other issuers, put together (02 §20). */
export interface Federation {
  readonly port: FederationPort;
  readonly peers: PeerList;
  readonly foreign: ForeignCertificates;
  /** Certificates for checking signatures of relayed calls. */
  readonly directory: AidDirectory;
  /** The issuer is configured, or has been met. */
  knows(issuer: string): boolean;
  /** Makes the accepting side; once. */
  attach(edge: FederationEdge): Acceptor;
  /** Delivers what an earlier process left; when our own sockets listen. */
  start(): void;
  stop(): void;
}

export const createFederation = (deps: FederationDeps): Federation => {
  const { audit, authorities, clock, commit, config, log, metrics, random } = deps;
  const peers = createPeerList(config);
  const records = createFederationRecords(deps.db);
  const certificates = createCertificateStore(deps.db);
  const met = new Set<string>();
  const identities = new GatewayIdentities({
    authorities,
    vault: deps.vault,
    store: deps.identityStore,
    commit,
    clock,
  });
  const discovery = createPeerDiscovery({ peers, clock, log, timeoutMs: config.connectTimeoutMs });
  const pki = createPeerPki({ discovery, clock, log });
  const trust = createPeerTrust({ peers, pki, clock });
  const foreign = createForeignCertificates({ pki, trust, store: certificates, commit, clock, log });

  const issuers = new TokenBuckets({ perSecond: config.issuerRate, burst: config.issuerRate }, clock);
  const aids = new TokenBuckets({ perSecond: config.aidRate, burst: config.aidBurst }, clock);

  const wasReached = (issuer: string): boolean => met.has(issuer) || records.wasReached(issuer);

  const reached = (issuer: string): void => {
    if (met.size > 10_000) met.clear();
    met.add(issuer);
    commit
      .run(() => records.reached(issuer, clock.now()))
      .catch((error: unknown) => log.error('peer not recorded', { issuer, error }));
    // Its link may be about to take the requests that wait already: those leave first.
    clock.setTimeout(() => outbox.alive(issuer), 0, { background: true });
  };

  const links = createPeerLinks({
    config,
    identities,
    peers,
    discovery,
    trust,
    clock,
    log,
    random,
    onReady: reached,
  });
  const { connectTimeoutMs, relayTimeoutMs } = config;
  const client = createRelayClient({ links, clock, relayTimeoutMs, connectTimeoutMs });

  const forwarder: Forwarder = async ({ fromIssuer, toIssuer }, relays) => {
    const params = `{"items":[${relays.join(',')}]}`;
    const text = await links
      .link(fromIssuer, toIssuer)
      .request('federation.relay_batch', params, BATCH_TIMEOUT_MS);
    const outcomes = sliceElements(sliceMember(text, 'items') ?? '[]');
    return relays.map((_, position) => {
      const outcome = outcomes[position];
      if (outcome === undefined) throw new LinkFault('refused', 'its answer lacks outcomes');
      try {
        readOutcome(outcome, toIssuer);
        return null;
      } catch (error) {
        if (error instanceof RpcFailure) return error;
        throw error;
      }
    });
  };

  const outbox: StoreAndForward = new StoreAndForward({
    enabled: config.storeAndForward,
    store: createOutboxStore(deps.db),
    commit,
    client,
    forwarder,
    wasReached,
    clock,
    log,
    audit,
    metrics,
  });

  const mark = (text: string, issuer: string): RawJson =>
    new RawJson(withMembers(text, { cross_domain: true, target_issuer: issuer }));

  const textFor = (relayId: string, ctx: SessionCallContext, paramsText: string): string => {
    const text = relayText({
      relayId,
      method: ctx.method,
      paramsText: withoutPrivateMembers(paramsText),
      caller: ctx.session,
      timeoutMs: relayTimeoutMs,
      acceptedAt: ctx.now(),
      trace: ctx.trace,
    });
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_FRAME - FRAME_RESERVE)
      throw invalidParams(
        'params',
        `invalid_params: params are too large for another domain: ${bytes} bytes`,
        {
          limit: MAX_FRAME - FRAME_RESERVE,
        },
      );
    return text;
  };

  /** Runs what talks to `issuer`; a fault becomes the client's error. */
  const guarded = async <T>(issuer: string, ctx: SessionCallContext, work: () => Promise<T>): Promise<T> => {
    if (ctx.session.federation !== undefined)
      throw new RpcFailure(RpcCode.federationRefused, 'federation_loop: a relayed call is not relayed again');
    try {
      const result = await work();
      metrics.relayed('ok');
      return result;
    } catch (error) {
      if (error instanceof RpcFailure) metrics.relayed('error');
      if (!(error instanceof LinkFault)) throw error;
      metrics.relayed('unreachable');
      throw failureOfFault(error, issuer);
    }
  };

  const port: FederationPort = {
    isForeign: (issuer) => !authorities.serves(issuer),
    newRelayId: () => `r-${uuidV4(random)}`,
    relay: (issuer, ctx, paramsText = ctx.rawParamsText()) =>
      guarded(issuer, ctx, async () => {
        const direction = { fromIssuer: issuerOfCaller(ctx), toIssuer: issuer };
        return mark(await client.patiently(direction, textFor(port.newRelayId(), ctx, paramsText)), issuer);
      }),
    send: (message, ctx) => {
      const { alsoWrite, expiresAt, messageId, relayId, to } = message;
      const issuer = issuerOf(to);
      return guarded(issuer, ctx, async () => {
        const relay = textFor(relayId, ctx, ctx.rawParamsText());
        const sent = await outbox.send(
          {
            fromAid: ctx.session.aid,
            toAid: to,
            messageId,
            relayId,
            relay,
            acceptedAt: ctx.now(),
            expiresAt,
          },
          alsoWrite,
        );
        if (sent.kind === 'stored') {
          metrics.relayed('stored');
          return sent;
        }
        const fields = tryParseJson(sent.resultText);
        return {
          kind: 'answered',
          result: mark(sent.resultText, issuer),
          fields: isJsonObject(fields) ? fields : {},
        };
      });
    },
    cancel: (fromAid, messageId, toAid) => outbox.cancel(fromAid, messageId, toAid),
    event: createEventSender({ links, clock, log, random }),
    checkInside({ session }, toIssuer, isMessage) {
      const fromIssuer = issuerOf(session.aid);
      if (fromIssuer === toIssuer) return;
      if (peers.denies(fromIssuer) || peers.denies(toIssuer))
        throw failureOfFault(new LinkFault('refused', `${fromIssuer} is not welcome`), toIssuer);
      const wait = issuers.take(fromIssuer) || (isMessage ? aids.take(session.aid) : 0);
      if (wait > 0)
        throw new RpcFailure(RpcCode.rateLimited, 'rate limited: too many calls to this domain', {
          retry_after: wait,
        });
    },
    noteSent: (fromAid, messageId, toAid, expiresAt) => records.sent(fromAid, messageId, toAid, expiresAt),
    recipientsOf: (fromAid, messageId) => records.recipientsOf(fromAid, messageId),
  };

  let sweepTimer: unknown;
  const sweep = (): void => {
    commit
      .run(() => {
        records.sweep(clock.now());
        certificates.sweep(clock.now() - KEEP_CERTIFICATES_MS);
      })
      .catch((error: unknown) => log.error('federation sweep failed', { error }));
    sweepTimer = clock.setTimeout(sweep, SWEEP_MS, { background: true });
  };

  return {
    port,
    peers,
    foreign,
    directory: foreign.directory,
    knows: (issuer) => peers.isConfigured(issuer) || wasReached(issuer),
    attach({ bus, execute, limits }) {
      const relay = createRelayAcceptor({
        execute,
        foreign,
        checksSignatures: limits.verifyClientSignature !== 'off',
        records,
        commit,
        issuerRate: issuers,
        aidRate: aids,
        maxWaitMs: limits.fanoutTtlMs,
        clock,
        log,
        metrics,
      });
      const events = createEventAcceptor({ bus, clock, takeRate: (issuer) => issuers.take(issuer) });
      return createAcceptor({
        authorities,
        identities,
        peers,
        trust,
        relay,
        events,
        clock,
        log,
        audit,
        onAccepted(issuer) {
          links.alive(issuer);
          reached(issuer);
        },
      });
    },
    start() {
      outbox.start();
      sweepTimer = clock.setTimeout(sweep, SWEEP_MS, { background: true });
    },
    stop() {
      clock.clearTimeout(sweepTimer);
      outbox.stop();
      links.close();
      discovery.close();
    },
  };
};

const issuerOfCaller = ({ session }: SessionCallContext): string => issuerOf(session.aid);
