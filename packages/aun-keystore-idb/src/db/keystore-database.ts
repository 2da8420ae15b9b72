import type { DatabaseSpec } from './connection.js';

const stores = [
  'key_pairs',
  'certs',
  'metadata',
  'instance_state',
  'group_state',
  'agent_md_cache',
  'group_index_cache',
  'pending_identities',
  'pending_binds',
] as const;

/** `aun-keystore`, version 9, shared with the public browser SDK: nine stores with out-of-line keys (08 §10.1). */
export const keystoreDatabase: DatabaseSpec = {
  name: 'aun-keystore',
  version: 9,
  stores,
  upgrade(database) {
    for (const name of stores) {
      if (!database.objectStoreNames.contains(name)) database.createObjectStore(name);
    }
  },
};
