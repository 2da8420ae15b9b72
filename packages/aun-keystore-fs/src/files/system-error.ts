/** Code of an error of the file system, e.g. `ENOENT`; undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' ? code : undefined;
}

/** The path, or a directory on the way to it, does not exist. */
export function isMissing(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

export function isTaken(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'EEXIST' || code === 'ENOTEMPTY';
}
