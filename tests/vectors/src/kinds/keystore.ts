import { AIDStore } from 'aun-client';
import * as core from 'aun-core';
import * as keystore from 'aun-keystore-fs';
import {
  browserSections,
  keystoreMaterial,
  keystoreSections,
  type LoadOutcome,
  type Packages,
} from '../../../../packages/aun-keystore-fs/test/vector-checks/index.js';
import { unknownSections, type VectorCase, type VectorFile, type VectorKind } from '../plan.js';

export const keystoreKind: VectorKind = async (file) => {
  const known = [...keystoreMaterial, ...browserSections, ...Object.keys(keystoreSections)];
  const cases: VectorCase[] = unknownSections(file, known);
  for (const section of Object.keys(keystoreSections)) cases.push(...(await sectionCases(section, file)));
  return { cases, notCovered: browserSections.filter((section) => section in file) };
};

// The checks are typed by the sources; classes with private members never equal their built twins.
const packages: Packages = { keystore: keystore as unknown as Packages['keystore'], core, load };

/** The outcomes of one section; a section that is missing or unreadable is a failed case. */
async function sectionCases(section: string, file: VectorFile): Promise<VectorCase[]> {
  const check = keystoreSections[section];
  try {
    const outcomes = (await check?.(file[section], packages, file)) ?? [];
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
