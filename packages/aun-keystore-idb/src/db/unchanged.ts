import { KeyStoreError } from 'aun-core';

const ATTEMPTS = 8;

/** Thrown inside a transaction whose records are no longer those that were judged before it. */
class Changed extends Error {}

/**
 * Key derivation cannot run inside a transaction, which would commit meanwhile. So it runs before, and the transaction
 * begins by comparing; when another tab was faster, all of it starts again.
 */
export async function untilUnchanged<T>(attempt: () => Promise<T>): Promise<T> {
  for (let count = 0; count < ATTEMPTS; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Changed)) throw error;
    }
  }
  throw new KeyStoreError('busy', 'the record was changed by others again and again');
}

export function assertUnchanged(now: unknown, before: unknown): void {
  if (!sameValue(now, before)) throw new Changed('changed meanwhile');
}

/** Deep equality of stored values as far as JSON tells them apart. */
export function sameValue(a: unknown, b: unknown): boolean {
  return textOf(a) === textOf(b);
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'undefined';
  } catch (error) {
    // A cycle or a BigInt: not written by any SDK, and never equal to what is.
    if (error instanceof TypeError) return String(value);
    throw error;
  }
}
