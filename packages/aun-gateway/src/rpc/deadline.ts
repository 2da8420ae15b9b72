import type { Clock } from 'aun-core';
import { RpcCode } from 'aun-core';
import { RpcFailure } from './failure.js';

/** Every request is answered in time: a handler that takes longer is answered with 5004, retryable (02 §14). */
export function withDeadline<T>(
  work: Promise<T>,
  deadlineMs: number,
  clock: Clock,
  method: string,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(
      () =>
        reject(
          new RpcFailure(
            RpcCode.rpcHandlerTimeout,
            `rpc_handler_timeout: ${method} did not finish within ${deadlineMs} ms`,
          ),
        ),
      deadlineMs,
      { background: true },
    );
    work.then(
      (value) => {
        clock.clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clock.clearTimeout(timer);
        reject(error);
      },
    );
  });
}
