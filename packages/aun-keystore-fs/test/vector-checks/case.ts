import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The packages under test: the runner passes the built ones, the unit test the sources. */
export interface Packages {
  readonly keystore: Pick<
    typeof import('../../src/index.js'),
    'deriveFieldKey' | 'deriveMasterKey' | 'openFsKeyStore' | 'openRecord' | 'trustRootName'
  >;
  readonly core: Pick<typeof import('aun-core'), 'aidDirectoryName' | 'slotIsolationKey' | 'validateSlotId'>;
  /** `AIDStore.load` of the client, for the members that only it can answer; left out in the unit test. */
  readonly load?: (path: string, seed: string, aid: string) => LoadOutcome | Promise<LoadOutcome>;
}

export interface LoadOutcome {
  readonly ok: boolean;
  readonly code?: string;
  readonly private_key_valid?: boolean;
  readonly cert_fingerprint?: string;
}

/** One case of a section: `failure` is null when it passed, `note` names a deliberate difference. */
export interface Outcome {
  readonly id: string;
  readonly failure: string | null;
  readonly note?: string;
}

export type Json = Readonly<Record<string, unknown>>;
/** Checks one section of `keystore.json`; `file` is the whole file, for shared identities. */
export type SectionCheck = (section: unknown, packages: Packages, file: Json) => Promise<readonly Outcome[]>;

export const asObject = (value: unknown): Json => value as Json;
export const asList = (value: unknown): readonly Json[] => value as readonly Json[];
export const asText = (value: unknown): string => value as string;

/** Runs one case; what it throws is its failure. */
export async function outcome(
  id: string,
  work: () => Promise<string | undefined> | string | undefined,
): Promise<Outcome> {
  try {
    const note = await work();
    return note === undefined ? { id, failure: null } : { id, failure: null, note };
  } catch (error) {
    return { id, failure: error instanceof Error ? error.message : String(error) };
  }
}

export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  const [a, e] = [canonical(actual), canonical(expected)];
  if (a !== e) throw new Error(`${what}: expected ${e}, got ${a}`);
}

function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, member: unknown) =>
      typeof member === 'object' && member !== null && !Array.isArray(member)
        ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
        : member,
    ) ?? 'undefined'
  );
}

/** A directory of its own for one case. */
export async function inDirectory<T>(work: (path: string) => Promise<T>): Promise<T> {
  const path = mkdtempSync(join(tmpdir(), 'aun-keystore-'));
  try {
    return await work(path);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}
