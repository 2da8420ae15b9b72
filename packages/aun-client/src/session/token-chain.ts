import { AUNError, AuthError, type Clock, ConnectionError, type JsonObject, type Logger } from 'aun-core';
import type { GatewayLocator } from './gateway-locator.js';
import type { Credentials, Login } from './login.js';
import type { PreAuth } from './pre-auth.js';
import type { TokenStore } from './token-store.js';
import { isUsable, refreshRequiresRelogin, rememberTokens, type Tokens } from './tokens.js';

/** Where a token came from; each step is tried only after the one before (07 §6.4). */
export type TokenSource = 'cached' | 'refresh' | 'login';

export type Obtained = { readonly tokens: Tokens; readonly source: TokenSource; readonly answer: JsonObject };

export type TokenChainPorts = {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: TokenStore;
  readonly locator: GatewayLocator;
  readonly preAuth: PreAuth;
  readonly login: Login;
  /** Runs alone among all processes on the path, so that they log in once and share the result. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  readonly sdk: { readonly lang: string; readonly version: string };
  /** A renewed certificate that came with a token (01 §9.2). Must not reject. */
  readonly onNewCert: (pem: string, gatewayUrl: string) => Promise<void>;
};

/** The server will not refresh any more: only a full login helps. */
export class ReloginRequiredError extends AuthError {
  override readonly name: string = 'ReloginRequiredError';
}

/** Cached token, refresh, full login: the first that works (07 §6.4). Parallel callers share one flight. */
export class TokenChain {
  readonly #who: Credentials;
  readonly #ports: TokenChainPorts;
  /** Requests under way: what they bring must not come after `close`. */
  readonly #running = new Set<Promise<unknown>>();
  #flight: Promise<Obtained> | null = null;
  #current: Tokens | null = null;
  #closed = false;

  constructor(who: Credentials, ports: TokenChainPorts) {
    this.#who = who;
    this.#ports = ports;
  }

  /** The tokens in use; null before the first success and after `forget`. */
  get current(): Tokens | null {
    return this.#current;
  }

  /** Drops the token in memory; the stored one stays (07 §5.3, `disconnect`). */
  forget(): void {
    this.#current = null;
  }

  /**
   * The server will not have these tokens any more: the next `obtain` logs in, unless another process has stored
   * others meanwhile (07 §6.4).
   */
  async discard(): Promise<void> {
    const refused = this.#current;
    this.#current = null;
    if (refused !== null) await this.#ports.store.clear(refused);
  }

  /** @param refused the token that a server just refused: it is not handed out again */
  obtain(refused?: string): Promise<Obtained> {
    this.#flight ??= this.#track(() => this.#obtain(refused, false)).finally(() => {
      this.#flight = null;
    });
    return this.#flight;
  }

  /** Full login, whatever is cached. */
  login(): Promise<Obtained> {
    return this.#track(() => this.#login());
  }

  /**
   * New tokens from the refresh token. Adopts what another process stored meanwhile.
   * @throws {ReloginRequiredError} when the server demands a login; stored tokens are cleared then
   */
  refresh(): Promise<Obtained> {
    return this.#track(() => this.#refresh());
  }

  /** Waits for requests under way, at most until `grace`: their tokens count. Nothing is stored after that. */
  async close(grace: Promise<unknown>): Promise<void> {
    await Promise.race([Promise.allSettled(this.#running), grace]);
    this.#closed = true;
  }

  async #track<T>(start: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    const request = start();
    this.#running.add(request);
    try {
      return await request;
    } finally {
      this.#running.delete(request);
    }
  }

  #checkOpen(): void {
    if (this.#closed) throw new ConnectionError('the client was closed', { retryable: false });
  }

  async #login(): Promise<Obtained> {
    const { answer, gatewayUrl } = await this.#ports.locator.tryEach(this.#who.aid, async (url) => ({
      answer: await this.#ports.login.run(this.#who, url),
      gatewayUrl: url,
    }));
    return this.#remember(answer, gatewayUrl, 'login');
  }

  async #refresh(): Promise<Obtained> {
    const stored = await this.#ports.store.load();
    const known = this.#current;
    if (isNewer(stored, known, this.#nowS())) return this.#adopt(stored, 'cached');
    if (stored.refreshToken === '') throw new ReloginRequiredError('missing refresh_token');
    try {
      const { answer, gatewayUrl } = await this.#ports.locator.tryEach(this.#who.aid, async (url) => ({
        answer: await this.#ports.preAuth(url, 'auth.refresh_token', this.#refreshParams(stored)),
        gatewayUrl: url,
      }));
      if (answer.success !== true) throw new AuthError('refresh answered without success', { data: answer });
      return await this.#remember(answer, gatewayUrl, 'refresh');
    } catch (error) {
      if (!(error instanceof AUNError) || !refreshRequiresRelogin(error.message, error.data)) throw error;
      this.#checkOpen();
      await this.#ports.store.clear(stored);
      throw new ReloginRequiredError(error.message, { data: { relogin_required: true }, cause: error });
    }
  }

  async #obtain(refused: string | undefined, alone: boolean): Promise<Obtained> {
    const stored = await this.#ports.store.load();
    // Without a refresh token a cached access token is not trusted to be ours (01 §9.3).
    const reusable = stored.refreshToken !== '' && isUsable(stored, this.#nowS());
    if (reusable && stored.accessToken !== refused) return this.#adopt(stored, 'cached');
    if (!alone) return this.#ports.exclusively(() => this.#obtain(refused, true));
    if (stored.refreshToken !== '') {
      try {
        return await this.#refresh();
      } catch (error) {
        if (!(error instanceof AUNError)) throw error;
        this.#ports.logger.debug('token refresh failed, logging in', { reason: error.message });
      }
    }
    return this.#login();
  }

  #adopt(tokens: Tokens, source: TokenSource): Obtained {
    this.#current = tokens;
    return { tokens, source, answer: {} };
  }

  async #remember(answer: JsonObject, gatewayUrl: string, source: TokenSource): Promise<Obtained> {
    const members = rememberTokens(answer, this.#nowS());
    if (members.access_token === '') throw new AuthError('the gateway answered without an access token');
    this.#checkOpen();
    const tokens = await this.#ports.store.save(members);
    this.#current = tokens;
    if (typeof answer.new_cert === 'string' && answer.new_cert !== '') {
      await this.#ports.onNewCert(answer.new_cert, gatewayUrl);
    }
    return { tokens, source, answer };
  }

  #refreshParams(tokens: Tokens): JsonObject {
    return {
      refresh_token: tokens.refreshToken,
      sdk_lang: this.#ports.sdk.lang,
      sdk_version: this.#ports.sdk.version,
      aid: this.#who.aid,
      access_token: tokens.accessToken,
      ...(tokens.expiresAt === null ? {} : { access_token_expires_at: tokens.expiresAt }),
    };
  }

  #nowS(): number {
    return this.#ports.clock.now() / 1_000;
  }
}

/** Another process refreshed already: its token is usable and lives longer than the one we know. */
const isNewer = (stored: Tokens, known: Tokens | null, nowS: number): boolean =>
  known !== null &&
  stored.accessToken !== known.accessToken &&
  isUsable(stored, nowS) &&
  (stored.expiresAt ?? 0) > (known.expiresAt ?? 0);
