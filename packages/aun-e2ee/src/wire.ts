/** Tolerant readers of members that a server wrote. They never throw, whatever they are given. */

/** The text, or `""` for anything else. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A safe integer, also as decimal text; 0 for anything else. */
export function integerOf(value: unknown): number {
  const number = typeof value === 'string' && /^-?[0-9]{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : 0;
}
