import { type Clock, ConnectionError, TimeoutError } from 'aun-core';
import type { CloseInfo, WireSocket } from '../socket/wire-socket.js';

interface Waiter {
  frame(text: string): void;
  fail(reason: unknown): void;
}

/** Reads a socket frame by frame. Frames nobody waits for yet are kept. */
export class FrameReader {
  readonly #frames: string[] = [];
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;
  #waiter: Waiter | undefined;
  #closed: CloseInfo | undefined;

  constructor(socket: WireSocket, clock: Clock, signal?: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
    socket.listen({
      message: (text) => {
        if (this.#waiter !== undefined) this.#waiter.frame(text);
        else if (this.#frames.length < 64) this.#frames.push(text);
        else socket.terminate();
      },
      close: (info) => {
        this.#closed = info;
        this.#waiter?.fail(closedEarly(info));
      },
    });
  }

  /**
   * The next frame.
   *
   * @throws {TimeoutError} with the given text
   * @throws {ConnectionError} when the socket closed; the signal's reason when it was aborted
   */
  next(timeoutMs: number, timeoutText: string): Promise<string> {
    const frame = this.#frames.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    if (this.#closed !== undefined) return Promise.reject(closedEarly(this.#closed));
    return new Promise((resolve, reject) => {
      this.#signal?.throwIfAborted();
      const settle = (finish: () => void) => {
        this.#waiter = undefined;
        this.#clock.clearTimeout(timer);
        this.#signal?.removeEventListener('abort', onAbort);
        finish();
      };
      const onAbort = () => settle(() => reject(this.#signal?.reason));
      const timer = this.#clock.setTimeout(
        () => settle(() => reject(new TimeoutError(timeoutText))),
        timeoutMs,
      );
      this.#signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiter = {
        frame: (text) => settle(() => resolve(text)),
        fail: (reason) => settle(() => reject(reason)),
      };
    });
  }
}

function closedEarly({ code, reason }: CloseInfo): ConnectionError {
  return new ConnectionError(`websocket closed: code=${code}`, { data: { code, reason } });
}
