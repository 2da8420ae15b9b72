import { ConnectionError, systemClock, TimeoutError } from 'aun-core';
import { errorMessage } from '../net/error-code.js';
import { defaultOpenTimeoutMs, type SocketOptions, type WireSocket } from './wire-socket.js';

export interface OpenAttempt {
  opened(socket: WireSocket): void;
  failed(error: unknown): void;
}

/**
 * Waits for a socket to open, for its time limit or for the signal, whatever comes first. `start` begins the attempt
 * and returns what gives it up.
 */
export function attemptOpen(
  url: string,
  options: SocketOptions,
  start: (attempt: OpenAttempt) => () => void,
): Promise<WireSocket> {
  const clock = options.clock ?? systemClock;
  const timeoutMs = options.timeoutMs ?? defaultOpenTimeoutMs;
  const { signal } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    let abandon = () => {};
    let settled = false;
    const settle = (finish: () => void) => {
      if (settled) return;
      settled = true;
      clock.clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      finish();
    };
    const giveUp = (reason: unknown) => {
      settle(() => reject(reason));
      abandon();
    };
    const onAbort = () => giveUp(signal?.reason);
    const timer = clock.setTimeout(
      () => giveUp(new TimeoutError(`websocket to ${url} did not open within ${timeoutMs} ms`)),
      timeoutMs,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
    const failed = (error: unknown) => settle(() => reject(openError(url, error)));
    try {
      abandon = start({ opened: (socket) => settle(() => resolve(socket)), failed });
    } catch (error) {
      failed(error);
    }
  });
}

function openError(url: string, error: unknown): ConnectionError {
  if (error instanceof ConnectionError) return error;
  return new ConnectionError(`websocket to ${url} failed: ${errorMessage(error)}`, { cause: error });
}
