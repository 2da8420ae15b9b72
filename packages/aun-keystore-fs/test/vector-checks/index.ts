import type { SectionCheck } from './case.js';
import { changeSeed } from './change-seed.js';
import { keyJson, pendingGroupBind } from './key-files.js';
import { deviceId, pathNames, slotId, trustRoots } from './names.js';
import { derivation, records } from './records.js';
import { tree } from './tree.js';

export type { LoadOutcome, Outcome, Packages, SectionCheck } from './case.js';

/** Checks of `keystore.json` by section name. */
export const keystoreSections: Readonly<Record<string, SectionCheck>> = {
  derivation,
  records,
  key_json: keyJson,
  pending_group_bind: pendingGroupBind,
  change_seed: changeSeed,
  device_id: deviceId,
  slot_id: slotId,
  path_names: pathNames,
  trust_roots: trustRoots,
  tree,
};

/** Members of the file that are no sections, or material for the others. */
export const keystoreMaterial: readonly string[] = ['format', 'version', 'about', 'identities'];

/** Sections of the browser store, checked by its own package. */
export const browserSections: readonly string[] = ['indexeddb_envelope', 'indexeddb_keys'];
