import { type Clock, TimeoutError } from 'aun-core';
import { abortable } from '../connection/abortable.js';

type Limits = { readonly timeoutMs?: number | undefined; readonly signal?: AbortSignal | undefined };

/**
 * One deadline and one signal for a call that makes several requests or waits for its turn (07 §6.10: time in the queue
 * counts). `work` gets them as one signal, which also ends whatever it still does after the caller has left.
 * @throws {TimeoutError} when the time is over; the signal's reason when it was aborted
 */
export const withinDeadline = async <O extends Limits, T>(
  method: string,
  clock: Clock,
  options: O,
  work: (options: O) => Promise<T>,
): Promise<T> => {
  const { timeoutMs, signal } = options;
  if (timeoutMs === undefined && signal === undefined) return work(options);
  signal?.throwIfAborted();
  const end = new AbortController();
  const onAbort = (): void => end.abort(signal?.reason);
  const onTimeout = (): void => end.abort(new TimeoutError(`rpc timeout: ${method}`));
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = timeoutMs === undefined ? undefined : clock.setTimeout(onTimeout, timeoutMs);
  try {
    return await abortable(work({ ...options, signal: end.signal }), end.signal);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    if (timer !== undefined) clock.clearTimeout(timer);
  }
};
