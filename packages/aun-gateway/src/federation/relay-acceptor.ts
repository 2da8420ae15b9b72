import {
  type Aid,
  type Clock,
  isJsonObject,
  issuerOf,
  type Logger,
  RpcCode,
  slotIsolationKey,
} from 'aun-core';
import type { TokenBuckets } from '../limits/token-bucket.js';
import { checkParams } from '../rpc/check-params.js';
import { RpcFailure } from '../rpc/failure.js';
import { sliceMember } from '../rpc/json-slice.js';
import { jsonText } from '../rpc/raw-json.js';
import type { RelayedCalls } from '../rpc/relayed-call.js';
import type { TraceContext } from '../rpc/trace.js';
import type { SessionInfo } from '../session/session-info.js';
import type { GroupCommit } from '../store/group-commit.js';
import type { ForeignCertificates } from './foreign-certificates.js';
import { federatedMethod } from './method-homes.js';
import type { FederationMetrics } from './metrics.js';
import type { FederationRecords } from './records.js';
import { type Relay, relaySchema, withoutPrivateMembers } from './relay-frame.js';

const DEDUP_MS = 600_000;
const MAX_STORED_OUTCOME = 65_536;
const AHEAD_MS = 300_000;

/** Who sits at the other end of an accepted connection. */
export interface AcceptedPeer {
  readonly fromIssuer: string;
  /** The issuer of ours that it asked for. */
  readonly toIssuer: string;
}

export interface RelayAcceptorDeps {
  readonly execute: RelayedCalls;
  readonly foreign: ForeignCertificates;
  /** Signatures are judged at all. */
  readonly checksSignatures: boolean;
  readonly records: FederationRecords;
  readonly commit: GroupCommit;
  readonly issuerRate: TokenBuckets;
  readonly aidRate: TokenBuckets;
  /** How long a call may have waited at the other gateway. */
  readonly maxWaitMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: FederationMetrics;
}

/** Serves the relays of one frame; the outcome is JSON text. @throws RpcFailure for what is no proper relay */
export type RelayAcceptor = (peer: AcceptedPeer, item: unknown, itemText: string) => Promise<string>;

const refused = (reason: string, sentence: string): RpcFailure =>
  new RpcFailure(RpcCode.federationRefused, `${reason}: ${sentence}`);

const isTransient = (code: number): boolean => code === RpcCode.rateLimited || (code >= 5000 && code <= 5999);

const traceOf = (trace: Relay['_trace']): TraceContext =>
  trace === undefined
    ? { traceId: null, mode: 'off', forEvents: null }
    : { traceId: trace.trace_id, mode: trace.mode, forEvents: { ...trace } };

/** Calls of foreign agents (02 §20.4): checked, run once, answered with an outcome. */
export const createRelayAcceptor = (deps: RelayAcceptorDeps): RelayAcceptor => {
  const { clock, commit, foreign, log, metrics, records } = deps;
  const running = new Map<string, Promise<string>>();
  const turns = new Map<string, Promise<void>>();

  const checkPlace = (peer: AcceptedPeer, relay: Relay, method: string): void => {
    if (relay.hop !== 1) throw refused('federation_loop', 'a relayed call is not relayed again');
    if (issuerOf(relay.caller.aid) !== peer.fromIssuer)
      throw refused('caller_mismatch', `${relay.caller.aid} is no agent of ${peer.fromIssuer}`);
    const homes = federatedMethod(method)?.home(relay.params, relay.caller.aid) ?? [];
    if (homes.some((home) => home !== peer.toIssuer))
      throw refused('federation_loop', `${method} belongs to ${homes.join(', ')}, not to ${peer.toIssuer}`);
    const waited = clock.now() - (relay.accepted_at_ms ?? clock.now());
    if (waited > deps.maxWaitMs || waited < -AHEAD_MS)
      throw refused('expired', 'accepted_at_ms is too far from now');
  };

  const checkRate = (peer: AcceptedPeer, relay: Relay, isMessage: boolean): void => {
    const wait =
      deps.issuerRate.take(peer.fromIssuer) || (isMessage ? deps.aidRate.take(relay.caller.aid) : 0);
    if (wait > 0)
      throw new RpcFailure(RpcCode.rateLimited, 'rate limited: too many calls from this domain', {
        retry_after: wait,
      });
  };

  const sessionOf = (peer: AcceptedPeer, relay: Relay): SessionInfo => {
    const { aid, device_id: deviceId, kind, slot_id: slotId } = relay.caller;
    const now = clock.now();
    return {
      connectionId: `federation ${peer.fromIssuer} ${relay.relay_id}`,
      aid: aid as Aid,
      role: 'aid',
      deviceId,
      slotId,
      slotKey: slotIsolationKey(slotId),
      kind,
      shortTtlMs: 0,
      deliveryMode: { mode: 'fanout', routing: '', affinityTtlMs: 0 },
      extraInfo: null,
      sdkLang: '',
      sdkVersion: '',
      connectedAt: now,
      remoteAddress: '',
      tokenId: '',
      federation: {
        fromIssuer: peer.fromIssuer,
        relayId: relay.relay_id,
        acceptedAt: Math.min(relay.accepted_at_ms ?? now, now),
      },
    };
  };

  const loadCertificate = async (aid: string, fingerprint: string): Promise<void> => {
    try {
      await foreign.load(aid, fingerprint);
    } catch (error) {
      log.info('certificate of a foreign agent not loaded', { aid, error });
      throw new RpcFailure(
        RpcCode.serviceUnavailable,
        `certificate not loaded: the gateway of ${issuerOf(aid)} does not answer`,
      );
    }
  };

  /** Signatures need a certificate that may have to be fetched; calls of one agent wait for each other then. */
  const prepare = (relay: Relay): Promise<void> | undefined => {
    const { aid } = relay.caller;
    const { client_signature: signature } = relay.params;
    const fingerprint = isJsonObject(signature) ? signature.cert_fingerprint : undefined;
    const needed =
      deps.checksSignatures && typeof fingerprint === 'string' && !foreign.isLoaded(aid, fingerprint);
    const before = turns.get(aid);
    if (!needed && before === undefined) return undefined;
    const work = (before ?? Promise.resolve())
      .catch(() => {})
      .then(() => (needed ? loadCertificate(aid, fingerprint) : undefined));
    turns.set(aid, work);
    const done = (): void => {
      if (turns.get(aid) === work) turns.delete(aid);
    };
    work.then(done, done);
    return work;
  };

  const run = async (peer: AcceptedPeer, relay: Relay, method: string, itemText: string): Promise<string> => {
    const id = JSON.stringify(relay.relay_id);
    try {
      const federated = federatedMethod(method);
      if (federated === undefined)
        throw new RpcFailure(RpcCode.methodNotFound, `Method not found: ${method.slice(0, 128)}`);
      checkRate(peer, relay, federated.isMessage);
      await prepare(relay);
      const reply = await deps.execute({
        method,
        params: relay.params,
        paramsText: withoutPrivateMembers(sliceMember(itemText, 'params') ?? '{}'),
        session: sessionOf(peer, relay),
        trace: traceOf(relay._trace),
      });
      metrics.served(method, 0);
      return `{"relay_id":${id},"ok":true,"result":${jsonText(reply)}}`;
    } catch (error) {
      if (!(error instanceof RpcFailure)) throw error;
      metrics.served(federatedMethod(method) === undefined ? 'unknown' : method, error.code);
      const outcome = `{"relay_id":${id},"ok":false,"error":${JSON.stringify(error.toBody())}}`;
      if (isTransient(error.code)) throw new TransientOutcome(outcome);
      return outcome;
    }
  };

  const remember = (peer: AcceptedPeer, relayId: string, outcome: string): void => {
    if (outcome.length > MAX_STORED_OUTCOME) return;
    const until = clock.now() + DEDUP_MS;
    commit
      .run(() => records.remember(peer.fromIssuer, relayId, outcome, until))
      .catch((error: unknown) => log.error('relay outcome not kept', { error }));
  };

  return (peer, item, itemText) => {
    const relay = readRelay(item);
    const method = `${relay.namespace}.${relay.method}`;
    checkPlace(peer, relay, method);
    const key = `${peer.fromIssuer} ${relay.relay_id}`;
    const same = running.get(key);
    if (same !== undefined) return same;
    const mutating = federatedMethod(method)?.mutating === true;
    const earlier = mutating ? records.outcome(peer.fromIssuer, relay.relay_id, clock.now()) : null;
    if (earlier !== null) return Promise.resolve(earlier);
    const work = run(peer, relay, method, itemText)
      .then(
        (outcome) => {
          if (mutating) remember(peer, relay.relay_id, outcome);
          return outcome;
        },
        (error: unknown) => {
          // It may succeed later: another attempt runs it again.
          if (error instanceof TransientOutcome) return error.outcome;
          throw error;
        },
      )
      .finally(() => running.delete(key));
    running.set(key, work);
    return work;
  };
};

class TransientOutcome extends Error {
  override readonly name = 'TransientOutcome';
  constructor(readonly outcome: string) {
    super('the call may succeed later');
  }
}

const readRelay = (item: unknown): Relay => checkParams(relaySchema, isJsonObject(item) ? item : {}) as Relay;
