/** End of the queue per lock name, for all stores of this page. */
const queues = new Map<string, Promise<void>>();

/** First come, first served. Rejects with the signal's reason when it is aborted before the turn comes. */
export async function requestInPage<T>(
  name: string,
  signal: AbortSignal,
  granted: () => Promise<T>,
): Promise<T> {
  const before = queues.get(name) ?? Promise.resolve();
  const work = before.then(() => {
    signal.throwIfAborted();
    return granted();
  });
  const settled = work.then(
    () => {},
    () => {},
  );
  queues.set(name, settled);
  void settled.then(() => {
    if (queues.get(name) === settled) queues.delete(name);
  });
  await Promise.race([before, aborted(signal)]);
  return work;
}

/** Rejects when the signal is aborted; never resolves. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
