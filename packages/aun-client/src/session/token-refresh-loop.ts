import { AuthError, type Clock, type TimerHandle } from 'aun-core';
import { ReloginRequiredError, type TokenChain } from './token-chain.js';
import type { Tokens } from './tokens.js';

const CHECK_EVERY_MS = 30_000;
const MAX_REFUSALS = 3;

export type RefreshPorts = {
  readonly clock: Clock;
  readonly tokens: Pick<TokenChain, 'current' | 'refresh'>;
  /** Lead time in seconds. */
  readonly refreshBeforeS: number;
  readonly onRefreshed: (tokens: Tokens) => void;
  readonly onError: (error: unknown) => void;
  /** The server refuses for good: a new login is needed. */
  readonly onExhausted: (error: Error, refusals: number, reloginRequired: boolean) => void;
};

/** Keeps the access token of a long connection fresh (02 §17). The live session itself is not re-authenticated. */
export class TokenRefreshLoop {
  readonly #ports: RefreshPorts;
  #timer: TimerHandle | null = null;
  #refusals = 0;
  #stopped = false;

  constructor(ports: RefreshPorts) {
    this.#ports = ports;
    void this.#check();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) this.#ports.clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  async #check(): Promise<void> {
    const { clock, tokens, refreshBeforeS } = this.#ports;
    const expiresAt = tokens.current?.expiresAt ?? null;
    const due = expiresAt !== null && expiresAt - clock.now() / 1_000 <= refreshBeforeS;
    if (due) await this.#refresh();
    if (this.#stopped) return;
    this.#timer = clock.setTimeout(() => void this.#check(), CHECK_EVERY_MS, { background: true });
  }

  async #refresh(): Promise<void> {
    try {
      const { tokens } = await this.#ports.tokens.refresh();
      this.#refusals = 0;
      if (!this.#stopped) this.#ports.onRefreshed(tokens);
    } catch (error) {
      if (!this.#stopped) this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    if (!(error instanceof AuthError)) {
      this.#ports.onError(error);
      return;
    }
    this.#refusals += 1;
    const relogin = error instanceof ReloginRequiredError;
    if (!relogin && this.#refusals < MAX_REFUSALS) return;
    this.stop();
    this.#ports.onExhausted(error, this.#refusals, relogin);
  }
}
