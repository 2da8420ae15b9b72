/** A failure with a sentence that a person can act on. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}

/** One sentence for the terminal; the whole story only with `--debug`. */
export function explain(error: unknown, debug: boolean): string {
  if (debug && error instanceof Error) return error.stack ?? error.message;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'stringCode' in error ? ` (${String(error.stringCode)})` : '';
  return `The demo stopped: ${message}${code}\nRun it again with --debug to see more.`;
}

/** Rejects with a sentence when `promise` has not settled in time. */
export async function within<T>(seconds: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new DemoError(`${what} did not happen within ${seconds} s`)),
      seconds * 1000,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
