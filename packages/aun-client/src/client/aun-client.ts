import type {
  CheckAgentMdResult,
  FetchAgentMdResult,
  HeadAgentMdResult,
  UploadAgentMdResult,
} from 'aun-agentmd';
import { InvalidIdentityError, issuerOf, type JsonObject, type Logger, ValidationError } from 'aun-core';
import type { TraceMode, TraceRecord } from 'aun-transport';
import { AnyAid } from '../aid.js';
import { type ConnectionOptions, parseConnectOptions } from '../connection/connect-options.js';
import { type Member, permission } from '../connection/matrix.js';
import { type ConnectionState, legacyStateName, stateCapabilities } from '../connection/states.js';
import type { AnyEventHandler, EventHandler, Subscription } from '../events/dispatcher.js';
import type { EventMap, EventName } from '../events/event-map.js';
import { E2eeFacade } from '../facades/e2ee-facade.js';
import { MessageFacade } from '../facades/message-facade.js';
import { LegacyClient } from '../legacy/legacy-client.js';
import { noteOldEvent, optionsOfConnect } from '../legacy/old-forms.js';
import { buildNotification, type NotifyOptions } from '../rpc/notify.js';
import type { CallOptions } from '../rpc/pipeline.js';
import { instanceHeaders, type ProtectedHeaders } from '../rpc/protected-headers.js';
import type { ParamsOf, ResultOf, RpcMethod, RpcParams, RpcResult } from '../rpc/rpc-methods.js';
import { type HttpTraceRecord, newTraceId } from '../session/observed-http.js';
import type { ResolveOpts } from '../store/types.js';
import { type AuthResult, checkAuthOptions } from './auth-result.js';
import { ClientCore } from './client-core.js';
import { admit } from './guard.js';
import { publishCard } from './publish-card.js';
import { orThrow } from './result-errors.js';

export type AUNClientOptions = {
  /** Follows the stricter reading of the matrix: `on`, `off` and `disconnect` throw where they would do nothing. */
  strictStates?: boolean;
  logger?: Logger;
};

/**
 * What `AUNClient` is on every platform: a session of one identity with its gateway (07 §5, §6). Methods throw
 * `AUNError`s.
 */
export class AnyClient<A extends AnyAid = AnyAid> extends LegacyClient<A> {
  readonly #core: ClientCore;
  readonly #strict: boolean;
  /** `client.message.send(…)` and friends (07 §8.1). */
  readonly message: MessageFacade;
  /** Caches of the encryption layer (07 §6.14). */
  readonly e2ee: E2eeFacade;

  /** @throws {ValidationError} for anything but an AID, null or nothing */
  constructor(aid?: A | null, options: AUNClientOptions = {}) {
    if (aid !== undefined && aid !== null && !(aid instanceof AnyAid)) {
      throw new ValidationError('AUNClient takes an AID object from AIDStore.load, not a name');
    }
    super(aid ?? null);
    this.#strict = options.strictStates === true;
    this.#core = new ClientCore(aid?.isPrivateKeyValid() === true ? aid : null, options.logger);
    this.message = new MessageFacade((method, params, options) => this.call(method, params, options));
    this.e2ee = new E2eeFacade(() => this.#core.runtime?.e2ee ?? null);
  }

  // State (07 §5.2, §5.5)

  get state(): ConnectionState {
    return this.#core.state;
  }
  /** @deprecated the state name of the 0.3 SDKs */
  get legacyState(): string {
    return legacyStateName(this.state);
  }
  get hasIdentity(): boolean {
    return stateCapabilities(this.state).hasIdentity;
  }
  get canSign(): boolean {
    return this.currentAid?.isPrivateKeyValid() ?? false;
  }
  get canConnect(): boolean {
    return stateCapabilities(this.state).canConnect;
  }
  get canSend(): boolean {
    return stateCapabilities(this.state).isReady;
  }
  get isReady(): boolean {
    return stateCapabilities(this.state).isReady;
  }
  get isOnline(): boolean {
    return stateCapabilities(this.state).isOnline;
  }
  get isClosed(): boolean {
    return stateCapabilities(this.state).isClosed;
  }
  get currentAid(): A | null {
    const aid = this.#visible('currentAid') ? this.#core.runtime?.aid : undefined;
    return aid === undefined ? null : this.#own(aid);
  }
  get aid(): string | null {
    return this.currentAid?.aid ?? null;
  }
  get aunPath(): string | null {
    return this.currentAid?.aunPath ?? null;
  }
  get deviceId(): string | null {
    return this.currentAid?.deviceId ?? null;
  }
  get slotId(): string | null {
    return this.#core.runtime?.session?.own.slotId ?? this.currentAid?.slotId ?? null;
  }
  get nextRetryAt(): Date | null {
    const at = this.#visible('nextRetry') ? this.#core.lifecycle.nextRetryAt : null;
    return at === null ? null : new Date(at);
  }
  get nextRetryInSeconds(): number | null {
    const at = this.nextRetryAt;
    const now = this.#core.runtime?.environment.clock.now() ?? 0;
    return at === null ? null : Math.max(0, Math.ceil((at.getTime() - now) / 1_000));
  }
  /** 1-based; 0 when not retrying. */
  get retryAttempt(): number {
    return this.#core.lifecycle.attempt;
  }
  /** 0: unlimited. */
  get retryMaxAttempts(): number {
    return this.#core.lifecycle.settings?.retryMaxAttempts ?? 0;
  }
  get lastError(): Error | null {
    const error = this.#visible('lastError') ? this.#core.lifecycle.failure?.error : undefined;
    if (error === undefined) return null;
    return error instanceof Error ? error : new Error(String(error));
  }
  get lastErrorCode(): string | null {
    return this.#visible('lastError') ? (this.#core.lifecycle.failure?.code ?? null) : null;
  }
  get gatewayHealth(): boolean | null {
    return this.#visible('session') ? this.#core.gatewayHealth : null;
  }
  get gatewayUrl(): string | null {
    return this.#visible('session') ? this.#core.gatewayUrl : null;
  }
  /** Unix seconds. */
  get accessTokenExpiresAt(): number | null {
    return this.#core.runtime?.session?.tokens.current?.expiresAt ?? null;
  }
  /** Parts of the handshake answer; null without a connection. */
  get connectionInfo(): JsonObject | null {
    return this.#core.connectionInfo;
  }

  // Lifecycle (07 §6.1-6.7)

  /** Takes an identity with its private key; only without one. Event subscriptions and headers stay. */
  loadIdentity(aid: A): void {
    if (!(aid instanceof AnyAid))
      throw new ValidationError('loadIdentity takes an AID object from AIDStore.load');
    if (!aid.isPrivateKeyValid()) throw new InvalidIdentityError(`${aid.aid} has no valid private key here`);
    this.#admit('loadIdentity', 'loadIdentity()');
    this.#core.loadIdentity(aid);
  }

  /** Gets a token without opening a connection; never registers (07 §6.2). */
  async authenticate(options?: object): Promise<AuthResult> {
    this.#admit('authenticate', 'authenticate()');
    checkAuthOptions(options);
    return this.#core.authenticate();
  }

  /** Resolves when the client is `ready`; in `retry_backoff` it skips the wait (07 §6.3). */
  connect(options?: ConnectionOptions): Promise<void>;
  /** @deprecated form of the 0.3 SDKs: the first argument is ignored */
  connect(authResult: AuthResult, options?: ConnectionOptions): Promise<void>;
  async connect(first?: ConnectionOptions | AuthResult, second?: ConnectionOptions): Promise<void> {
    this.#admit('connect', 'connect()');
    const settings = parseConnectOptions(optionsOfConnect(first, second));
    const { authenticating } = this.#core;
    if (authenticating !== null) {
      await authenticating;
      this.#admit('connect', 'connect()');
    }
    await this.#core.lifecycle.connect(settings);
  }

  /** Ends the connection and keeps the identity; a running `connect()` rejects. */
  async disconnect(): Promise<void> {
    if (this.#admit('disconnect', 'disconnect()')) await this.#core.disconnect();
  }

  /** Saves, stops and forgets everything; any number of times, in any state, never rejects. */
  async close(): Promise<void> {
    await this.#core.close();
  }

  // Calls (07 §6.10, §6.11)

  /** Calls an RPC method; messages are encrypted unless `encrypt: false`. */
  call<M extends RpcMethod>(method: M, params?: ParamsOf<M>, options?: CallOptions): Promise<ResultOf<M>>;
  call<T = RpcResult>(method: string, params?: RpcParams, options?: CallOptions): Promise<T>;
  async call(method: string, params?: RpcParams, options?: CallOptions): Promise<unknown> {
    const durable = options?.durable ?? this.#core.lifecycle.settings?.durable ?? false;
    if (durable && method === 'message.send') {
      this.#admit('sendDurably', `call('${method}', …, { durable: true })`);
      return this.#core.sendDurably(params, options ?? {});
    }
    this.#admit('call', `call('${method}')`);
    return this.#core.pipeline.call(method, params, options);
  }

  /** Sends an online notification: no storage, no answer. Resolves when it is written. */
  async notify(method: string, params: JsonObject = {}, options: NotifyOptions = {}): Promise<void> {
    this.#admit('notify', `notify('${method}')`);
    const frame = buildNotification(method, params, options, issuerOf(this.#core.identity.aid.aid));
    await this.#core.lifecycle.link?.notify(frame.method, frame.params);
  }

  // Events (07 §6.12)

  /** Runs `handler` for every such event; `'*'` gets name and payload of all. */
  on<E extends EventName>(event: E, handler: EventHandler<EventMap[E]>): Subscription;
  on(event: '*', handler: AnyEventHandler): Subscription;
  on(event: string, handler: EventHandler<JsonObject>): Subscription;
  on(event: string, handler: EventHandler<never> | AnyEventHandler): Subscription {
    this.#admit('subscribe', 'on()');
    noteOldEvent(event);
    return this.#core.dispatcher.on(event, handler);
  }

  once<E extends EventName>(event: E, handler: EventHandler<EventMap[E]>): Subscription;
  once(event: string, handler: EventHandler<JsonObject>): Subscription;
  once(event: string, handler: EventHandler<never>): Subscription {
    this.#admit('subscribe', 'once()');
    noteOldEvent(event);
    return this.#core.dispatcher.once(event, handler);
  }

  /** Forgets a handler; unknown ones are ignored. */
  off(event: string, handler: EventHandler<never> | AnyEventHandler): void {
    this.#admit('subscribe', 'off()');
    this.#core.dispatcher.off(event, handler);
  }

  // Cards (07 §6.13)

  /** Signs and publishes the own agent.md with the session's token; without `content` the stored one. */
  async publishAgentMd(content?: string): Promise<UploadAgentMdResult> {
    this.#admit('publishAgentMd', 'publishAgentMd()');
    return publishCard(this.#core.identity, content, newTraceId(this.#core.traceMode));
  }

  async fetchAgentMd(aid?: string): Promise<FetchAgentMdResult> {
    this.#admit('readAgentMd', 'fetchAgentMd()');
    return orThrow(await this.#core.identity.cards.download(this.#cardOwner(aid)));
  }

  async checkAgentMd(aid?: string, maxUnsyncedDays = 0): Promise<CheckAgentMdResult> {
    this.#admit('readAgentMd', 'checkAgentMd()');
    const options = { downloadIfNeverStored: true };
    return orThrow(await this.#core.identity.cards.check(this.#cardOwner(aid), maxUnsyncedDays, options));
  }

  async headAgentMd(aid?: string): Promise<HeadAgentMdResult> {
    this.#admit('readAgentMd', 'headAgentMd()');
    return orThrow(await this.#core.identity.cards.head(this.#cardOwner(aid)));
  }

  // Peers (07 §6.8)

  /** The verified AID of somebody else. @throws {NotFoundError} when it is not registered */
  async lookupPeer(aid: string, options?: ResolveOpts): Promise<A> {
    this.#admit('peers', 'lookupPeer()');
    return this.#own(await this.#core.peers.lookUp(aid, options));
  }
  getPeer(aid: string): A | null {
    this.#admit('peers', 'getPeer()');
    const known = this.#core.peers.get(aid);
    return known === null ? null : this.#own(known);
  }
  cachePeer(aid: A): A {
    this.#admit('peers', 'cachePeer()');
    return this.#own(this.#core.peers.put(aid));
  }
  peers(): A[] {
    this.#admit('peers', 'peers()');
    return this.#core.peers.all().map((aid) => this.#own(aid));
  }

  // Settings

  /**
   * Headers sent with every message; null clears them (07 §6.9).
   * @throws {ValidationError} for anything but an object
   */
  setProtectedHeaders(headers: Record<string, unknown> | ProtectedHeaders | null): void {
    const usable = headers === null || headers === undefined || typeof headers === 'object';
    if (!usable || Array.isArray(headers)) throw new ValidationError('protected headers must be an object');
    this.#core.headers = instanceHeaders(headers);
  }
  getProtectedHeaders(): Record<string, string> | null {
    return this.#core.headers === null ? null : { ...this.#core.headers };
  }
  /** Asks a gateway's `/health`; default: the one in use. */
  async checkGatewayHealth(url?: string, timeoutSeconds = 5): Promise<boolean> {
    const gatewayUrl = url ?? this.gatewayUrl;
    if (gatewayUrl === null) throw new ValidationError('checkGatewayHealth needs a gateway URL here');
    return this.#core.checkHealth(gatewayUrl, timeoutSeconds * 1_000);
  }
  setTraceMode(mode: TraceMode): void {
    this.#core.traceMode = mode;
  }
  /** Gets a record for every traced call, event and HTTP request; exceptions of it are ignored (07 §10). */
  setTraceObserver(observer: ((record: TraceRecord | HttpTraceRecord) => void) | null): void {
    this.#core.traceObserver = observer;
  }

  protected callAny(method: string, params?: RpcParams): Promise<JsonObject> {
    return this.call<JsonObject>(method, params);
  }

  /** All AIDs of one environment are of the class of its platform. */
  #own(aid: AnyAid): A {
    return aid as A;
  }

  #cardOwner(aid: string | undefined): string {
    return aid ?? this.#core.identity.aid.aid;
  }

  #visible(member: Member): boolean {
    return permission(member, this.state, this.#strict) === 'allow';
  }

  #admit(member: Member, what: string): boolean {
    return admit(member, what, this.state, this.#strict);
  }
}
