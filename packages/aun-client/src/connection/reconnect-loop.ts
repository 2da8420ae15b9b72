import { type Clock, ConnectionError, GatewayUnreachableError } from 'aun-core';
import {
  isRetryableReconnectError,
  ReconnectPolicy,
  type RoundOutcome,
  type WakeUpSource,
} from 'aun-transport';
import type { ConnectionSettings } from './connect-options.js';
import { Wait } from './wait.js';

export type ReconnectPorts = {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Says that the network is back: the wait ends at once. */
  readonly wakeUp: WakeUpSource;
  /** Opens and adopts a link; fulfils when the client is ready again. */
  readonly attempt: (settings: ConnectionSettings, signal: AbortSignal) => Promise<void>;
  /** False when the known gateway answers its health check with anything but 200. */
  readonly healthy: () => Promise<boolean>;
  readonly onWaiting: (attempt: number, nextRetryAt: number, error: unknown) => void;
  readonly onAttempt: (attempt: number, skippedWait: boolean) => void;
  readonly onFailure: (error: unknown, attempt: number) => void;
};

export type ReconnectOutcome =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'gave_up';
      readonly error: unknown;
      readonly exhausted: boolean;
      readonly attempt: number;
    };

type Waiter = { readonly resolve: () => void; readonly reject: (error: unknown) => void };

/** Waits and tries until a link is open, nothing more may be tried, or the signal ends it (07 §6.6). */
export class ReconnectLoop {
  readonly #ports: ReconnectPorts;
  #settings: ConnectionSettings;
  #wait: Wait | null = null;
  #waiters: Waiter[] = [];

  constructor(settings: ConnectionSettings, ports: ReconnectPorts) {
    this.#settings = settings;
    this.#ports = ports;
  }

  /** Ends the present wait; settles with the attempt that follows. */
  tryNow(settings: ConnectionSettings): Promise<void> {
    this.#settings = settings;
    const attempt = new Promise<void>((resolve, reject) => this.#waiters.push({ resolve, reject }));
    this.#wait?.finish('skipped');
    return attempt;
  }

  async run(cause: unknown, signal: AbortSignal): Promise<ReconnectOutcome> {
    const policy = this.#policy();
    let error = cause;
    let outcome: RoundOutcome = 'lost';
    try {
      for (;;) {
        const step = policy.next(outcome, this.#ports.clock.now());
        if (step.kind === 'exhausted')
          return { kind: 'gave_up', error, exhausted: true, attempt: step.attempts };
        const skipped = await this.#pause(step.delayMs, step.attempt, error, signal);
        const failure = await this.#round(step.attempt, skipped, signal);
        if (failure === null) return { kind: 'ready' };
        ({ error, outcome } = failure);
        if (!isRetryableReconnectError(error)) {
          return { kind: 'gave_up', error, exhausted: false, attempt: step.attempt };
        }
      }
    } finally {
      this.#settle((waiter) => waiter.reject(new ConnectionError('disconnected', { retryable: false })));
    }
  }

  #policy(): ReconnectPolicy {
    return new ReconnectPolicy({
      initialDelayMs: this.#settings.retryInitialDelayMs,
      maxDelayMs: this.#settings.retryMaxDelayMs,
      maxAttempts: this.#settings.retryMaxAttempts,
      random: this.#ports.random,
    });
  }

  async #pause(delayMs: number, attempt: number, error: unknown, signal: AbortSignal): Promise<boolean> {
    const { clock, wakeUp } = this.#ports;
    const wait = new Wait(clock, delayMs, signal);
    this.#wait = wait;
    const unsubscribe = wakeUp.subscribe(() => wait.finish('elapsed'));
    this.#ports.onWaiting(attempt, clock.now() + delayMs, error);
    try {
      return (await wait.done) === 'skipped';
    } finally {
      unsubscribe();
      this.#wait = null;
    }
  }

  /** One attempt; null when it succeeded. Rejects only when the era is over. */
  async #round(
    attempt: number,
    skipped: boolean,
    signal: AbortSignal,
  ): Promise<{ readonly error: unknown; readonly outcome: RoundOutcome } | null> {
    this.#ports.onAttempt(attempt, skipped);
    let outcome: RoundOutcome = 'failed';
    try {
      // Somebody who says connect() wants an attempt, not a health check.
      if (!skipped && !(await this.#ports.healthy())) {
        outcome = 'unhealthy';
        throw new GatewayUnreachableError('the gateway does not answer its health check');
      }
      signal.throwIfAborted();
      await this.#ports.attempt(this.#settings, signal);
      this.#settle((waiter) => waiter.resolve());
      return null;
    } catch (error) {
      signal.throwIfAborted();
      this.#ports.onFailure(error, attempt);
      this.#settle((waiter) => waiter.reject(error));
      return { error, outcome };
    }
  }

  #settle(act: (waiter: Waiter) => void): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) act(waiter);
  }
}
