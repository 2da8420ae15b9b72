import { type Logger, noopLogger, ValidationError } from 'aun-core';

/** May return anything; promises are awaited. */
export type EventHandler<P = unknown> = (payload: P) => unknown;
export type AnyEventHandler = (event: string, payload: unknown) => unknown;

/** What `on` returns. `unsubscribe` may be called any number of times, also from inside the handler. */
export class Subscription {
  #cancel: (() => void) | null;

  constructor(cancel: () => void) {
    this.#cancel = cancel;
  }

  get active(): boolean {
    return this.#cancel !== null;
  }

  unsubscribe(): void {
    const cancel = this.#cancel;
    this.#cancel = null;
    cancel?.();
  }
}

type Listener = {
  readonly handler: unknown;
  readonly run: (event: string, payload: unknown) => unknown;
  live: boolean;
};

const ANY = '*';
const NOBODY: readonly Listener[] = [];

/**
 * Runs handlers in the order of their registration, each awaited before the next (07 §6.12). What a handler throws is
 * logged and reaches nobody else.
 */
export class EventDispatcher {
  readonly #listeners = new Map<string, readonly Listener[]>();
  readonly #logger: Logger;
  readonly #onListener: (event: string) => void;

  /** `onListener` hears of every new listener. */
  constructor(logger: Logger = noopLogger, onListener: (event: string) => void = () => undefined) {
    this.#logger = logger;
    this.#onListener = onListener;
  }

  /** @throws {ValidationError} for an event that is no text or a handler that is no function */
  on(event: string, handler: EventHandler<never> | AnyEventHandler): Subscription {
    return this.#add(event, handler, false);
  }

  once(event: string, handler: EventHandler<never> | AnyEventHandler): Subscription {
    return this.#add(event, handler, true);
  }

  /** Forgets one handler of an event; unknown handlers are ignored. */
  off(event: string, handler: EventHandler<never> | AnyEventHandler): void {
    const listener = this.#listeners.get(event)?.find((candidate) => candidate.handler === handler);
    if (listener !== undefined) this.#remove(event, listener);
  }

  has(event: string): boolean {
    return this.#listeners.has(event) || this.#listeners.has(ANY);
  }

  /** Resolves when all handlers of the event are done; never rejects. */
  async publish(event: string, payload: unknown): Promise<void> {
    const named = this.#listeners.get(event) ?? NOBODY;
    const wild = this.#listeners.get(ANY);
    for (const listener of wild === undefined ? named : [...named, ...wild]) {
      if (!listener.live) continue;
      try {
        const outcome = listener.run(event, payload);
        if (outcome instanceof Promise) await outcome;
      } catch (error) {
        this.#logger.error('event handler failed', { event, error });
      }
    }
  }

  #add(event: string, handler: EventHandler<never> | AnyEventHandler, once: boolean): Subscription {
    if (typeof event !== 'string') throw new ValidationError('the name of an event must be text');
    if (typeof handler !== 'function')
      throw new ValidationError(`the handler of '${event}' must be a function`);
    const listener: Listener = {
      handler,
      live: true,
      run: (name, payload) => {
        if (once) this.#remove(event, listener);
        return event === ANY
          ? (handler as AnyEventHandler)(name, payload)
          : (handler as EventHandler<unknown>)(payload);
      },
    };
    // A list under way never changes: who subscribes while an event is published hears the next one.
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    this.#onListener(event);
    return new Subscription(() => this.#remove(event, listener));
  }

  #remove(event: string, listener: Listener): void {
    listener.live = false;
    const rest = (this.#listeners.get(event) ?? []).filter((candidate) => candidate !== listener);
    if (rest.length === 0) this.#listeners.delete(event);
    else this.#listeners.set(event, rest);
  }
}
