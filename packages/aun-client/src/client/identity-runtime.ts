import type { AgentMdManager } from 'aun-agentmd';
import { issuerOf, type KeyStore, NotReadyError, StateError, sleep } from 'aun-core';
import type { PrivateKey } from 'aun-crypto';
import type { Certificate } from 'aun-pki';
import type { TraceMode, TraceRecord } from 'aun-transport';
import { type AnyAid, aidParts } from '../aid.js';
import type { ConnectionSettings } from '../connection/connect-options.js';
import type { Link } from '../connection/link.js';
import { openLink } from '../connection/open-link.js';
import { E2eeCoordinator } from '../e2ee/coordinator.js';
import type { Environment } from '../environment.js';
import { Outbox } from '../outbox/outbox.js';
import { ParamsSeal } from '../outbox/sealed-params.js';
import { RpcPipeline } from '../rpc/pipeline.js';
import { type RpcCaller, signedCaller } from '../rpc/signed-caller.js';
import { openServices, type Services } from '../services.js';
import { type HttpTraceRecord, observedHttp } from '../session/observed-http.js';
import { openTokenChain } from '../session/open-token-chain.js';
import { InstanceSession } from './instance-session.js';

const BACKGROUND_GRACE_MS = 2_000;

export type RuntimeHooks = {
  readonly link: () => Link | null;
  readonly isReady: () => boolean;
  readonly callTimeoutMs: () => number;
  readonly httpTimeoutMs: () => number;
  readonly headers: () => Readonly<Record<string, string>> | null;
  readonly traceMode: () => TraceMode;
  readonly onTrace: (record: TraceRecord | HttpTraceRecord) => void;
  readonly onSuspicion: (error: Error) => void;
  readonly onDiscovered: (gatewayUrl: string) => void;
  readonly emit: (event: string, payload: object) => Promise<void>;
  readonly isHeard: (event: string) => boolean;
};

/** Everything that lives as long as one loaded identity: keystore, network services, encryption, instance session. */
export class IdentityRuntime {
  readonly aid: AnyAid;
  readonly environment: Environment;
  readonly keys: KeyStore;
  readonly services: Services;
  readonly e2ee: E2eeCoordinator;
  readonly call: RpcCaller;
  readonly outbox: Outbox;
  readonly certificate: Certificate;
  readonly privateKey: PrivateKey;
  readonly #hooks: RuntimeHooks;
  readonly #seal: ParamsSeal;
  readonly #closeKeys: () => Promise<void>;
  #session: InstanceSession | null = null;
  #pipeline: RpcPipeline | null = null;

  /** @throws {StateError} when the AID has no usable private key */
  constructor(aid: AnyAid, hooks: RuntimeHooks) {
    const { environment, certificate, privateKey, previousKeys } = aidParts(aid);
    if (privateKey === null) throw new StateError(`${aid.aid} has no private key here`);
    this.aid = aid;
    this.environment = environment;
    this.certificate = certificate;
    this.privateKey = privateKey;
    this.#hooks = hooks;
    const state = environment.openStateStore();
    this.keys = state.keys;
    this.#closeKeys = state.close;
    const http = observedHttp(environment.http, {
      timeoutMs: hooks.httpTimeoutMs,
      traceMode: hooks.traceMode,
      onTrace: hooks.onTrace,
      now: () => environment.clock.now(),
    });
    this.services = openServices(environment, this.keys, { aid: aid.aid, certificate }, http, {
      onDiscovered: hooks.onDiscovered,
      onCardUpdated: (owner, etag) => void hooks.emit('agent_md.updated', { aid: owner, etag }),
    });
    const { clock, logger } = environment;
    this.#seal = new ParamsSeal(privateKey, previousKeys);
    this.outbox = new Outbox({
      aid: aid.aid,
      store: this.keys,
      seal: this.#seal,
      clock,
      logger,
      isReady: hooks.isReady,
      deliver: (params) => {
        if (this.#pipeline === null) throw new NotReadyError('the client is not connected');
        return this.#pipeline.perform({ method: 'message.send', params }, { background: true });
      },
      emit: (event, payload) => void hooks.emit(event, payload),
    });
    this.call = signedCaller({
      link: hooks.link,
      signer: { aid: aid.aid, privateKey, certFingerprint: certificate.fingerprint },
      clock,
      callTimeoutMs: hooks.callTimeoutMs,
    });
    this.e2ee = new E2eeCoordinator({
      aid: aid.aid,
      deviceId: environment.deviceId,
      privateKey,
      previousKeys,
      keys: this.keys,
      peers: this.services.peers,
      call: this.call,
      clock,
      logger,
      onEnvelope: (envelope) => this.cards.observeEnvelope(envelope),
    });
  }

  get cards(): AgentMdManager {
    return this.services.cards;
  }

  /** The session of the slot in use; null before `authenticate` or `connect`. */
  get session(): InstanceSession | null {
    return this.#session;
  }

  get pipeline(): RpcPipeline | null {
    return this.#pipeline;
  }

  /** Token chain and delivery of a slot; a change of slot starts afresh (04 §14.1). */
  async useSlot(slotId: string): Promise<InstanceSession> {
    if (this.#session?.own.slotId === slotId) return this.#session;
    await this.#session?.flush();
    const { environment, keys, services, e2ee, call, cards } = this;
    const { clock } = environment;
    const { isReady, emit, isHeard, link, headers, traceMode, onSuspicion } = this.#hooks;
    const own = { aid: this.aid.aid, deviceId: environment.deviceId, slotId };
    const who = { aid: this.aid.aid, certificate: this.certificate, privateKey: this.privateKey };
    const tokens = openTokenChain(who, environment, keys, services, slotId);
    const openedAt = () => link()?.openedAt ?? clock.now();
    const session = await InstanceSession.open({
      ...{ own, environment, keys, cards, e2ee, tokens, call, isReady, openedAt, emit, isHeard },
    });
    // One look at the own card, so that events can tell whether it is in sync.
    await this.cards.loadRecord(this.aid.aid);
    this.#session = session;
    this.#pipeline = new RpcPipeline({
      ...{ own, call, e2ee, clock, headers, traceMode, openedAt, onSuspicion },
      inbox: session.inbox,
    });
    return session;
  }

  /** Finds a gateway that answers and opens an authenticated link to it (07 §6.3). */
  async open(settings: ConnectionSettings, signal: AbortSignal): Promise<Link> {
    const session = await this.useSlot(settings.slotId ?? this.environment.slotId);
    const { network, clock, logger } = this.environment;
    await session.tokens.obtain();
    signal.throwIfAborted();
    const link = await this.services.locator.tryEach(this.aid.aid, (gatewayUrl) => {
      signal.throwIfAborted();
      const observer = {
        meta: (meta: unknown) => this.cards.observeRpcMeta(meta),
        trace: this.#hooks.onTrace,
      };
      const ports = { ...session.own, tokens: session.tokens, network, clock, logger, observer };
      return openLink(gatewayUrl, settings, ports, signal);
    });
    this.environment.contact.note(issuerOf(this.aid.aid));
    return link;
  }

  /** Writes what must not be lost and lets go of everything. Never rejects. */
  async close(): Promise<void> {
    const { logger } = this.environment;
    try {
      this.outbox.pause();
      this.#seal.close();
      this.e2ee.close();
      await this.#session?.flush();
      await this.#finishRequests();
      await this.#closeKeys();
    } catch (error) {
      logger.warn('closing the identity was not clean', { error });
    }
  }

  /** A card download or a token under way may finish, but nobody waits long for it. */
  async #finishRequests(): Promise<void> {
    const waiting = new AbortController();
    const grace = sleep(this.environment.clock, BACKGROUND_GRACE_MS, waiting.signal).catch(() => undefined);
    const cards = Promise.race([this.cards.close(), grace]);
    await Promise.all([cards, this.#session?.tokens.close(grace)]);
    waiting.abort();
    await grace;
  }
}
