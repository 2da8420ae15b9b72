import { join } from 'node:path';
import type { StoreContext } from '../context.js';
import { listIfPresent, readIfPresent } from '../files/read.js';

/** Each costs a key derivation, and a wrong seed tries them all. */
const MAX_MIGRATED = 8;

/**
 * Seeds that very old versions kept in files: the bytes of `.seed`, then of `.seed.migrated.<unix>[.n]`, newest first
 * (08 §6.4). They are passwords as bytes, not as text.
 */
export function legacySeeds(context: StoreContext): readonly Uint8Array[] {
  const { root, legacySeed } = context.layout;
  const migrated = listIfPresent(context.files, root)
    .map((name) => ({ name, at: /^\.seed\.migrated\.([0-9]+)(?:\.([0-9]+))?$/.exec(name) }))
    .filter((entry) => entry.at !== null)
    .sort((a, b) => age(b.at) - age(a.at) || suffix(b.at) - suffix(a.at));
  const paths = [legacySeed, ...migrated.slice(0, MAX_MIGRATED).map((entry) => join(root, entry.name))];
  return paths
    .map((path) => readIfPresent(context.files, path))
    .filter((bytes): bytes is Uint8Array => bytes !== null && bytes.length > 0);
}

const age = (match: RegExpExecArray | null): number => Number(match?.[1] ?? 0);
const suffix = (match: RegExpExecArray | null): number => Number(match?.[2] ?? 0);
