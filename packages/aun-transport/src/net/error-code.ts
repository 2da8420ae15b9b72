/** The `code` of a system error such as `ECONNREFUSED`, searched through causes and aggregated errors. */
export function errorCode(error: unknown): string | undefined {
  for (let current = error, depth = 0; depth < 8 && current instanceof Error; depth += 1) {
    if ('code' in current && typeof current.code === 'string') return current.code;
    current = current instanceof AggregateError ? current.errors[0] : current.cause;
  }
  return undefined;
}

/** The message of any thrown value; aggregated errors have none of their own and show their first. */
export function errorMessage(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return errorMessage(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
