import { type Clock, type JsonObject, TimeoutError } from 'aun-core';

/**
 * Resolves once with the first frame of a connection: the params of a challenge, or null for anything else
 * (02 §3.3, §4.1). Fails with what ended the connection before.
 */
export class FirstFrameLatch {
  readonly #promise: Promise<JsonObject | null>;
  #settle: { resolve(value: JsonObject | null): void; reject(reason: unknown): void } | undefined;

  constructor() {
    this.#promise = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Nobody has to ask for the challenge.
    this.#promise.catch(() => {});
  }

  get isSettled(): boolean {
    return this.#settle === undefined;
  }

  arrived(challenge: JsonObject | null): void {
    this.#settle?.resolve(challenge);
    this.#settle = undefined;
  }

  failed(reason: unknown): void {
    this.#settle?.reject(reason);
    this.#settle = undefined;
  }

  wait(clock: Clock, timeoutMs: number, signal: AbortSignal | undefined): Promise<JsonObject | null> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = () => reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      const timer = clock.setTimeout(
        () => reject(new TimeoutError(`the gateway sent no challenge within ${timeoutMs} ms`)),
        timeoutMs,
      );
      this.#promise.then(resolve, reject).finally(() => {
        clock.clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      });
    });
  }
}
