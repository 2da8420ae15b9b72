import { readFileSync } from 'node:fs';

interface Vector {
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly expected: Readonly<Record<string, unknown>>;
}

const file = JSON.parse(readFileSync(new URL('../vectors/auth.json', import.meta.url), 'utf8')) as {
  readonly vectors: readonly Vector[];
};

/** The known answers of one name. */
export function vectorsOf(name: string): readonly Vector[] {
  const found = file.vectors.filter((vector) => vector.name === name);
  if (found.length === 0) throw new Error(`no vectors named ${name}`);
  return found;
}

export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`expected text in the vector, found ${typeof value}`);
}
