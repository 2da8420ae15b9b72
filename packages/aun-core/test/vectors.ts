import { readFileSync } from 'node:fs';

export interface NamedVector {
  readonly name: string;
  readonly inputs: Record<string, unknown>;
  readonly expected: Record<string, unknown>;
}

export function readVectors<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`./vectors/${file}`, import.meta.url), 'utf8')) as T;
}

const auth = readVectors<{ vectors: NamedVector[] }>('auth.json');

export function authVectors(name: string): NamedVector[] {
  const found = auth.vectors.filter((vector) => vector.name === name);
  if (found.length === 0) throw new Error(`no vectors named ${name}`);
  return found;
}
