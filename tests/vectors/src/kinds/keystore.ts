import { AIDStore } from 'aun-client';
import * as core from 'aun-core';
import * as keystore from 'aun-keystore-fs';
import * as browserKeystore from 'aun-keystore-idb';
import {
  keystoreMaterial,
  keystoreSections,
  type LoadOutcome,
  type Outcome,
  type Packages,
} from '../../../../packages/aun-keystore-fs/test/vector-checks/index.js';
import {
  type Api as BrowserApi,
  idbSections,
} from '../../../../packages/aun-keystore-idb/test/vector-checks.js';
import { unknownSections, type VectorCase, type VectorFile, type VectorKind } from '../plan.js';

export const keystoreKind: VectorKind = async (file) => {
  const known = [...keystoreMaterial, ...Object.keys(checks)];
  const cases: VectorCase[] = unknownSections(file, known);
  for (const section of Object.keys(checks)) cases.push(...(await sectionCases(section, file)));
  return { cases, notCovered: [] };
};

// The checks are typed by the sources; classes with private members never equal their built twins.
const packages: Packages = { keystore: keystore as unknown as Packages['keystore'], core, load };

type Check = (section: unknown, file: VectorFile) => Promise<readonly Outcome[]>;

/** By section: those of the store on a disk, then those of the store in browsers. */
const checks: Readonly<Record<string, Check>> = {
  ...Object.fromEntries(
    Object.entries(keystoreSections).map(([name, check]): [string, Check] => [
      name,
      (section, file) => check(section, packages, file),
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(idbSections).map(([name, check]): [string, Check] => [
      name,
      (section) => check(section, browserKeystore as unknown as BrowserApi),
    ]),
  ),
};

/** The outcomes of one section; a section that is missing or unreadable is a failed case. */
async function sectionCases(section: string, file: VectorFile): Promise<VectorCase[]> {
  try {
    const outcomes = (await checks[section]?.(file[section], file)) ?? [];
    return outcomes.map(({ id, failure, note }) => ({
      section,
      name: id,
      note,
      run() {
        if (failure !== null) throw new Error(failure);
      },
    }));
  } catch (error) {
    return [
      {
        section,
        name: 'whole section',
        run() {
          throw error;
        },
      },
    ];
  }
}

/** What an application sees when it loads the identity: `AIDStore.load`. */
function load(path: string, seed: string, aid: string): LoadOutcome {
  const store = new AIDStore({ aunPath: path, encryptionSeed: seed });
  try {
    const loaded = store.load(aid);
    if (!loaded.ok) return { ok: false, code: loaded.error.code };
    const { certFingerprint } = loaded.data.aid;
    return {
      ok: true,
      private_key_valid: loaded.data.aid.isPrivateKeyValid(),
      cert_fingerprint: certFingerprint,
    };
  } finally {
    store.close();
  }
}
