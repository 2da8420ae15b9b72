import {
  type AUNError,
  ConnectionError,
  type JsonObject,
  type Logger,
  NotReadyError,
  StateError,
  systemClock,
  TimeoutError,
} from 'aun-core';
import {
  checkGatewayHealth,
  createHttpClient,
  neverWakeUp,
  type TraceMode,
  type TraceRecord,
} from 'aun-transport';
import type { AnyAid } from '../aid.js';
import type { ConnectionSettings } from '../connection/connect-options.js';
import { Lifecycle } from '../connection/lifecycle.js';
import type { Link } from '../connection/link.js';
import { type StateChange, StateMachine } from '../connection/state-machine.js';
import { type ConnectionState, legacyStateName } from '../connection/states.js';
import { EventDispatcher } from '../events/dispatcher.js';
import type { Queued } from '../outbox/outbox.js';
import type { CallOptions, RpcPipeline } from '../rpc/pipeline.js';
import { prepareCall } from '../rpc/prepare.js';
import { checkPayloadSize } from '../rpc/validation.js';
import type { HttpTraceRecord } from '../session/observed-http.js';
import { type AuthResult, authResult } from './auth-result.js';
import { IdentityRuntime } from './identity-runtime.js';
import { routeInbound } from './inbound-router.js';
import { PeerBook } from './peer-book.js';
import { keepAlive, keepToken } from './upkeep.js';

const PROBE_TIMEOUT_MS = 5_000;
const DEFAULT_CALL_TIMEOUT_MS = 35_000;
const DEFAULT_HTTP_TIMEOUT_MS = 30_000;

/** Wires state machine, lifecycle, identity and events together; the public class only asks it. */
export class ClientCore {
  readonly dispatcher: EventDispatcher;
  readonly machine: StateMachine;
  readonly lifecycle: Lifecycle;
  headers: Record<string, string> | null = null;
  traceMode: TraceMode = 'off';
  traceObserver: ((record: TraceRecord | HttpTraceRecord) => void) | null = null;
  gatewayHealth: boolean | null = null;
  runtime: IdentityRuntime | null = null;
  #peers: PeerBook | null = null;
  #authenticating: Promise<AuthResult> | null = null;
  #stopSession: () => void = () => undefined;
  #probing = false;

  constructor(aid: AnyAid | null, logger: Logger | undefined) {
    this.dispatcher = new EventDispatcher(logger, (event) => this.runtime?.session?.onListener(event));
    this.machine = new StateMachine('no_identity', (change) => this.#announce(change));
    this.lifecycle = new Lifecycle({
      clock: () => this.runtime?.environment.clock ?? systemClock,
      random: () => this.runtime?.environment.jitter() ?? 0,
      wakeUp: {
        subscribe: (listener) => (this.runtime?.environment.wakeUp ?? neverWakeUp).subscribe(listener),
      },
      machine: this.machine,
      open: (settings, signal) => this.identity.open(settings, signal),
      healthy: () => this.#healthy(),
      onReady: (link, settings) => this.#onReady(link, settings),
      onDown: () => this.#onDown(),
      onError: (error, attempt) => this.#onError(error, attempt),
    });
    if (aid !== null) this.loadIdentity(aid);
  }

  get state(): ConnectionState {
    return this.machine.state;
  }

  /** Only asked for in states that have an identity. */
  get identity(): IdentityRuntime {
    if (this.runtime === null) throw new ConnectionError('no identity is loaded', { retryable: false });
    return this.runtime;
  }

  loadIdentity(aid: AnyAid): void {
    const runtime = new IdentityRuntime(aid, {
      link: () => this.lifecycle.link,
      isReady: () => this.machine.state === 'ready',
      callTimeoutMs: () => this.lifecycle.settings?.callTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS,
      httpTimeoutMs: () => this.lifecycle.settings?.httpTimeoutMs ?? DEFAULT_HTTP_TIMEOUT_MS,
      headers: () => this.headers,
      traceMode: () => this.traceMode,
      onTrace: (record) => this.#observeTrace(record),
      onSuspicion: (error) => void this.#suspect(error),
      onDiscovered: (gatewayUrl) => void this.#probe(gatewayUrl),
      emit: (event, payload) => this.dispatcher.publish(event, payload),
      isHeard: (event) => this.dispatcher.has(event),
    });
    this.lifecycle.reset();
    this.runtime = runtime;
    this.#peers = new PeerBook(runtime.environment, runtime.services.peers);
    this.gatewayHealth = null;
    this.machine.dispatch('load_identity');
  }

  get pipeline(): RpcPipeline {
    const pipeline = this.identity.pipeline;
    if (pipeline === null) throw new NotReadyError('the client is not connected: call connect() first');
    return pipeline;
  }

  get peers(): PeerBook {
    if (this.#peers === null) throw new StateError('no identity is loaded: call loadIdentity(aid) first');
    return this.#peers;
  }

  /** The gateway in use, else the one that discovery knows. */
  get gatewayUrl(): string | null {
    if (this.lifecycle.link !== null) return this.lifecycle.link.gatewayUrl;
    if (this.runtime === null) return null;
    const { environment, aid } = this.runtime;
    return environment.gatewayUrl ?? environment.discovery.peek(aid.aid)?.urls[0] ?? null;
  }

  get connectionInfo(): JsonObject | null {
    const { link, settings } = this.lifecycle;
    const own = this.runtime?.session?.own;
    if (link === null || settings === null || own === undefined) return null;
    const { capabilities = {}, identity = {} } = link.handshake;
    return {
      connection_kind: settings.kind,
      device_id: own.deviceId,
      slot_id: own.slotId,
      capabilities,
      auth: identity,
    };
  }

  /** Puts a message into the outbox; also without a connection. */
  sendDurably(params: unknown, options: CallOptions): Promise<Queued> {
    const { aid, environment, session, outbox } = this.identity;
    const own = session?.own ?? { aid: aid.aid, deviceId: environment.deviceId, slotId: environment.slotId };
    const prepared = prepareCall('message.send', params, this.headers, own);
    checkPayloadSize(prepared.params.payload ?? null);
    return outbox.enqueue(prepared.params, options.ttl ?? null);
  }

  /** Asks a gateway's `/health`; before any identity with the platform's own rules for TLS. */
  async checkHealth(gatewayUrl: string, timeoutMs: number): Promise<boolean> {
    const own = this.runtime?.environment.http;
    const http = own ?? createHttpClient();
    try {
      this.gatewayHealth = await checkGatewayHealth(http, gatewayUrl, { timeoutMs });
      return this.gatewayHealth;
    } finally {
      if (own === undefined) http.close();
    }
  }

  /** Token without a socket; concurrent callers share one flight (07 §6.2). */
  authenticate(): Promise<AuthResult> {
    this.#authenticating ??= this.#authenticate().finally(() => {
      this.#authenticating = null;
    });
    return this.#authenticating;
  }

  /** The end of a running `authenticate()`, whatever it is; null when none runs. */
  get authenticating(): Promise<unknown> | null {
    return this.#authenticating?.catch(() => undefined) ?? null;
  }

  async disconnect(): Promise<void> {
    const session = this.runtime?.session;
    session?.inbox.flushAcks();
    await this.lifecycle.disconnect();
    session?.tokens.forget();
    await session?.flush();
  }

  async close(): Promise<void> {
    const runtime = this.runtime;
    runtime?.session?.stop();
    runtime?.session?.inbox.flushAcks();
    await this.lifecycle.close();
    this.runtime = null;
    this.#peers = null;
    this.gatewayHealth = null;
    await runtime?.close();
  }

  emit(event: string, payload: object): void {
    void this.dispatcher.publish(event, payload);
  }

  async #authenticate(): Promise<AuthResult> {
    const runtime = this.identity;
    const aid = runtime.aid.aid;
    try {
      const session = await runtime.useSlot(runtime.environment.slotId);
      const obtained = await session.tokens.obtain();
      const gateway = await runtime.services.locator.first(aid);
      if (this.runtime !== runtime) throw new ConnectionError('the client was closed', { retryable: false });
      if (this.machine.can('authenticated')) this.machine.dispatch('authenticated');
      return authResult(aid, gateway, obtained);
    } catch (error) {
      if (this.runtime === runtime) this.lifecycle.setFailure(error, 'AUTHENTICATE_FAILED');
      throw error;
    }
  }

  async #healthy(): Promise<boolean> {
    const { services, aid } = this.identity;
    return this.#probe(await services.locator.first(aid.aid));
  }

  /** After a discovery nobody waits for what it says (02 §1.3). */
  async #probe(gatewayUrl: string): Promise<boolean> {
    const runtime = this.identity;
    const healthy = await checkGatewayHealth(runtime.environment.http, gatewayUrl);
    if (this.runtime === runtime) this.gatewayHealth = healthy;
    return healthy;
  }

  async #onReady(link: Link, settings: ConnectionSettings): Promise<void> {
    const runtime = this.identity;
    const session = runtime.session;
    if (session === null) return;
    const stopping: (() => void)[] = [];
    this.#stopSession = () => {
      for (const stop of stopping) stop();
    };
    link.start((frame) =>
      routeInbound(frame, {
        ...{ pushes: session.pushes, cards: runtime.cards },
        onKick: (kick) => this.lifecycle.noteKick(kick),
        emit: (event, payload) => this.emit(event, payload),
      }),
    );
    const { wakeUp, onHidden } = runtime.environment;
    stopping.push(onHidden(() => void session.flush()));
    if (settings.kind === 'long') {
      // After a sleep or a change of network the socket may be dead without knowing it.
      stopping.push(
        wakeUp.subscribe(() => void this.#suspect(new TimeoutError('the network may have changed'))),
      );
      const upkeep = {
        emit: (event: string, payload: object) => this.emit(event, payload),
        onError: (error: unknown) => this.#onError(error),
      };
      stopping.push(
        keepAlive(link, settings, runtime.environment.clock, {
          ...upkeep,
          onDead: () => this.#dropLink(link),
        }),
        keepToken(runtime.aid.aid, session.tokens, settings, runtime.environment.clock, {
          ...upkeep,
          onDead: () => this.lifecycle.drop(),
        }),
      );
    }
    // Pulls and the outbox do not depend on it (04 §14.7); a first contact right after connect() does.
    const published = runtime.e2ee.connected(settings.kind);
    void runtime.outbox.resume();
    if (settings.backgroundSync) void session.inbox.fill();
    await published;
  }

  #onDown(): void {
    this.#stopSession();
    this.#stopSession = () => undefined;
    this.runtime?.session?.inbox.stopFilling();
    this.runtime?.outbox.pause();
    void this.runtime?.session?.flush();
  }

  /** A call failed as if the socket were dead: make sure before dropping it (07 §6.6). */
  async #suspect(error: Error): Promise<void> {
    const { link, settings } = this.lifecycle;
    if (link === null) return;
    if (link.end !== null) {
      this.lifecycle.drop();
      return;
    }
    if (settings?.autoReconnect !== true || this.#probing || !(error instanceof TimeoutError)) return;
    this.#probing = true;
    try {
      await link.call('meta.ping', {}, { timeoutMs: PROBE_TIMEOUT_MS });
    } catch {
      // Silence is the answer.
      this.#dropLink(link);
    } finally {
      this.#probing = false;
    }
  }

  #dropLink(link: Link): void {
    if (this.lifecycle.link === link) this.lifecycle.drop();
  }

  /** An observer that fails must not fail what it observes. */
  #observeTrace(record: TraceRecord | HttpTraceRecord): void {
    try {
      this.traceObserver?.(record);
    } catch (error) {
      this.runtime?.environment.logger.warn('the trace observer failed', { error });
    }
  }

  #onError(error: unknown, attempt?: number): void {
    const code =
      error instanceof Error && 'stringCode' in error ? (error as AUNError).stringCode : 'CONNECTION_ERROR';
    const thrown = error instanceof Error ? error : new Error(String(error));
    this.emit('connection.error', { error: thrown, code, ...(attempt === undefined ? {} : { attempt }) });
  }

  #announce(change: StateChange): void {
    this.emit('state_change', change);
    const { from, to, state } = change;
    this.emit('connection.state', {
      ...change,
      from: legacyStateName(from),
      to: legacyStateName(to),
      state: legacyStateName(state),
    });
  }
}
