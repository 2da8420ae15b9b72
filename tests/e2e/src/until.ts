import { setTimeout as delay } from 'node:timers/promises';

export const DEADLINE_MS = 30_000;
const STEP_MS = 20;

/** Asks again and again until the answer is yes; names what did not happen when the deadline has passed. */
export const until = async (
  what: string,
  ask: () => boolean | Promise<boolean>,
  deadlineMs = DEADLINE_MS,
): Promise<void> => {
  const end = Date.now() + deadlineMs;
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await delay(STEP_MS);
  }
};

/** The value of `promise`, or an error that names what did not happen. */
export const within = async <T>(what: string, promise: Promise<T>, deadlineMs = DEADLINE_MS): Promise<T> => {
  const over = new AbortController();
  const late = delay(deadlineMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`not within ${deadlineMs} ms: ${what}`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    over.abort();
  }
};
