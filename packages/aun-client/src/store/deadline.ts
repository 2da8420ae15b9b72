import { type Clock, TimeoutError } from 'aun-core';

/** Ends an operation that takes too long; what it had started goes on and is ignored. */
export const withDeadline = <T>(
  clock: Clock,
  timeoutMs: number,
  what: string,
  work: Promise<T>,
): Promise<T> =>
  new Promise((resolve, reject) => {
    const timer = clock.setTimeout(
      () => reject(new TimeoutError(`${what} took longer than ${timeoutMs} ms`)),
      timeoutMs,
    );
    work.then(resolve, reject).finally(() => clock.clearTimeout(timer));
  });
