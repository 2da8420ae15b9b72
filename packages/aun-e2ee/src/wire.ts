/** Tolerant readers of members that a server wrote. They never throw, whatever they are given. */

/** The text, or `""` for anything else. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** `String(value)`; null for an object that has no text (`toString` is no function, or lists nested too deeply). */
export function stringOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  try {
    return String(value);
  } catch {
    return null;
  }
}

/** A safe integer, also as decimal text; 0 for anything else. */
export function integerOf(value: unknown): number {
  const number = typeof value === 'string' && /^-?[0-9]{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : 0;
}
