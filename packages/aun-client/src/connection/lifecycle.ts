import { type Clock, CloseCode, ConnectionError } from 'aun-core';
import { isReconnectCloseCode, type WakeUpSource } from 'aun-transport';
import { abortable } from './abortable.js';
import { isAuthCloseCode } from './close-codes.js';
import type { ConnectionSettings } from './connect-options.js';
import { type LastErrorCode, lastErrorCodeOf } from './last-error.js';
import type { Link, LinkEnd } from './link.js';
import { ReconnectLoop } from './reconnect-loop.js';
import type { StateMachine } from './state-machine.js';

export type Kick = { readonly code?: number; readonly reason: string; readonly detail?: unknown };

export type LifecyclePorts = {
  readonly clock: () => Clock;
  readonly random: () => number;
  readonly wakeUp: WakeUpSource;
  readonly machine: StateMachine;
  /** Token chain, discovery, sockets of all candidates, `auth.connect`. */
  readonly open: (settings: ConnectionSettings, signal: AbortSignal) => Promise<Link>;
  readonly healthy: () => Promise<boolean>;
  /** Runs after `ready` is visible; `connect()` waits for it. Its errors go to `onError`. */
  readonly onReady: (link: Link, settings: ConnectionSettings) => Promise<void>;
  readonly onDown: () => void;
  readonly onError: (error: unknown, attempt?: number) => void;
};

type Failure = { readonly error: unknown; readonly code: LastErrorCode };

const SHORT_IDLE_TIMEOUT = 4014;

/**
 * Drives the state machine through one life of a connection: connect, loss, reconnect, kick, disconnect (07 §5.3).
 * Everything that runs belongs to an era; `disconnect` and `close` end the era and with it every wait and attempt.
 */
export class Lifecycle {
  readonly #ports: LifecyclePorts;
  #era = new AbortController();
  #link: Link | null = null;
  #loop: ReconnectLoop | null = null;
  #kick: Kick | null = null;
  #settings: ConnectionSettings | null = null;
  #failure: Failure | null = null;
  #attempt = 0;
  #nextRetryAt: number | null = null;

  constructor(ports: LifecyclePorts) {
    this.#ports = ports;
  }

  get link(): Link | null {
    return this.#link;
  }

  get settings(): ConnectionSettings | null {
    return this.#settings;
  }

  get failure(): Failure | null {
    return this.#failure;
  }

  get attempt(): number {
    return this.#attempt;
  }

  get nextRetryAt(): number | null {
    return this.#nextRetryAt;
  }

  setFailure(error: unknown, code: LastErrorCode): void {
    this.#failure = { error, code };
  }

  /** From `standby`, `authenticated` or `connection_failed`; in `retry_backoff` it skips the wait. */
  async connect(settings: ConnectionSettings): Promise<void> {
    this.#settings = settings;
    if (this.#loop !== null) return this.#loop.tryNow(settings);
    const era = this.#newEra();
    this.#kick = null;
    this.#clearFailure();
    this.#ports.machine.dispatch('connect');
    try {
      // Whatever the attempt is waiting for: disconnect() does not wait for it.
      await abortable(this.#openAndAdopt(settings, era), era.signal);
    } catch (error) {
      if (era.signal.aborted) throw new ConnectionError('disconnected', { retryable: false });
      this.#failure = { error, code: lastErrorCodeOf(error) };
      this.#ports.machine.dispatch('gateways_failed', { error, code: this.#failure.code });
      throw error;
    }
  }

  /** The gateway announced that it will close this connection for good (02 §11.1). */
  noteKick(kick: Kick): void {
    this.#kick = kick;
  }

  /**
   * A call or heartbeat proved that the link is dead. The state changes at once, not when the socket gets round to it:
   * whoever asks `isReady` after a failed call must not be told yes.
   */
  drop(): void {
    const link = this.#link;
    if (link === null) return;
    link.terminate();
    this.#onEnded(link, link.end ?? { code: CloseCode.abnormal, reason: 'dropped' });
  }

  async disconnect(): Promise<void> {
    if (!this.#ports.machine.can('disconnect')) return;
    const link = this.#stop();
    this.#clearFailure();
    this.#ports.machine.dispatch('disconnect');
    await link?.close();
  }

  async close(): Promise<void> {
    const link = this.#stop();
    this.#clearFailure();
    if (this.#ports.machine.can('close')) this.#ports.machine.dispatch('close');
    await link?.close();
  }

  /** Forgets everything that belongs to the previous identity. */
  reset(): void {
    this.#stop();
    this.#clearFailure();
    this.#settings = null;
    this.#kick = null;
  }

  #newEra(): AbortController {
    this.#era.abort(new ConnectionError('disconnected', { retryable: false }));
    this.#era = new AbortController();
    return this.#era;
  }

  #stop(): Link | null {
    this.#newEra();
    const link = this.#link;
    this.#link = null;
    this.#loop = null;
    this.#attempt = 0;
    this.#nextRetryAt = null;
    if (link !== null) this.#ports.onDown();
    return link;
  }

  #clearFailure(): void {
    this.#failure = null;
    this.#attempt = 0;
    this.#nextRetryAt = null;
  }

  async #openAndAdopt(settings: ConnectionSettings, era: AbortController): Promise<void> {
    const link = await this.#ports.open(settings, era.signal);
    await this.#adopt(link, settings, era);
  }

  async #adopt(link: Link, settings: ConnectionSettings, era: AbortController): Promise<void> {
    if (era.signal.aborted) {
      await link.close();
      throw era.signal.reason;
    }
    this.#loop = null;
    this.#link = link;
    this.#clearFailure();
    void link.ended.then((end) => this.#onEnded(link, end));
    this.#ports.machine.dispatch('handshake_ok', { gateway: link.gatewayUrl });
    try {
      await this.#ports.onReady(link, settings);
    } catch (error) {
      // The connection stands: what could not be set up on it is reported and does not fail the attempt.
      this.#ports.onError(error);
    }
  }

  #onEnded(link: Link, end: LinkEnd): void {
    if (this.#link !== link) return;
    const settings = this.#settings;
    this.#link = null;
    this.#ports.onDown();
    const error = end.error ?? new ConnectionError(`websocket closed: ${describe(end)}`);
    if (settings?.kind === 'short' && (this.#kick?.code ?? end.code) === SHORT_IDLE_TIMEOUT) {
      this.#ports.machine.dispatch('socket_lost_final', { error, reason: 'short connection ended' });
      return;
    }
    if (this.#kick !== null || !isReconnectCloseCode(end.code ?? 0)) this.#onKicked(error, end);
    else if (settings?.autoReconnect === true) void this.#reconnect(settings, error);
    else this.#ports.machine.dispatch('socket_lost_final', { error, reason: end.reason });
  }

  #onKicked(error: unknown, end: LinkEnd): void {
    const code = this.#kick?.code ?? end.code;
    this.#failure = { error, code: isAuthCloseCode(code) ? 'AUTH_REJECTED' : 'SERVER_KICKED' };
    this.#ports.machine.dispatch('server_kick', {
      error,
      reason: this.#kick?.reason ?? `close code ${end.code}`,
      ...(code === undefined ? {} : { code }),
      ...(this.#kick?.detail === undefined ? {} : { detail: this.#kick.detail }),
    });
  }

  async #reconnect(settings: ConnectionSettings, cause: unknown): Promise<void> {
    const era = this.#newEra();
    const loop = new ReconnectLoop(settings, {
      clock: this.#ports.clock(),
      random: this.#ports.random,
      wakeUp: this.#ports.wakeUp,
      attempt: async (current, signal) => {
        const link = await this.#ports.open(current, signal);
        await this.#adopt(link, current, era);
      },
      healthy: this.#ports.healthy,
      onWaiting: (attempt, at, error) => this.#onWaiting(attempt, at, error),
      onAttempt: (attempt, skipped) => this.#onAttempt(attempt, skipped),
      onFailure: (error, attempt) => this.#ports.onError(error, attempt),
    });
    this.#loop = loop;
    this.#ports.onError(cause);
    try {
      const outcome = await loop.run(cause, era.signal);
      if (outcome.kind === 'ready') return;
      this.#loop = null;
      this.#giveUp(outcome);
    } catch (error) {
      if (!era.signal.aborted) throw error;
    }
  }

  #onWaiting(attempt: number, nextRetryAt: number, error: unknown): void {
    this.#attempt = attempt;
    this.#nextRetryAt = nextRetryAt;
    this.#failure = { error, code: 'CONNECTION_ERROR' };
    const trigger = this.#ports.machine.state === 'ready' ? 'socket_lost' : 'attempt_failed';
    this.#ports.machine.dispatch(trigger, { attempt, next_retry_at: nextRetryAt, error });
  }

  #onAttempt(attempt: number, skipped: boolean): void {
    this.#nextRetryAt = null;
    this.#ports.machine.dispatch(skipped ? 'connect' : 'retry_timer', { attempt });
  }

  #giveUp(outcome: { readonly error: unknown; readonly exhausted: boolean; readonly attempt: number }): void {
    const { error, exhausted, attempt } = outcome;
    const code = exhausted ? 'RECONNECT_EXHAUSTED' : lastErrorCodeOf(error);
    this.#failure = { error, code };
    this.#attempt = 0;
    this.#nextRetryAt = null;
    this.#ports.machine.dispatch('attempt_failed_final', {
      error,
      code,
      attempt,
      ...(exhausted ? { reason: 'max_attempts_exhausted' } : {}),
    });
  }
}

const describe = (end: LinkEnd): string =>
  end.code === undefined ? end.reason : `code=${end.code} ${end.reason}`;
