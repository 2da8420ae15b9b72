import { type Logger, noopLogger } from 'aun-core';
import { errorMessage } from '../net/error-code.js';

type Handlers<E> = { [K in keyof E]?: Set<(payload: E[K]) => void> };

/** Synchronous typed events. A handler's exception is logged and reaches neither the others nor the emitter. */
export class Emitter<E extends object> {
  readonly #handlers: Handlers<E> = {};
  readonly #logger: Logger;

  constructor(logger: Logger = noopLogger) {
    this.#logger = logger;
  }

  /** Returns what takes the handler off again; that is safe at any time and any number of times. */
  on<K extends keyof E>(event: K, handler: (payload: E[K]) => void): () => void {
    const handlers = this.#handlers[event] ?? new Set();
    this.#handlers[event] = handlers;
    handlers.add(handler);
    return () => {
      handlers.delete(handler);
    };
  }

  emit<K extends keyof E>(event: K, payload: E[K]): void {
    const handlers = this.#handlers[event];
    if (handlers === undefined) return;
    for (const handler of [...handlers]) {
      try {
        handler(payload);
      } catch (error) {
        this.#logger.error('event handler failed', { event: String(event), error: errorMessage(error) });
      }
    }
  }
}
