export { IdbKeyStore, openIdbKeyStore } from './idb-keystore.js';
export { type KeyEnvelope, openEnvelope, sealEnvelope } from './keys/envelope.js';
export { globalPlatform, type Platform } from './platform.js';
export { agentMdKey, certKey, groupIndexKey, instanceKey, seqKey } from './record-keys.js';
export type { IdbKeyStoreOptions } from './store-options.js';
export type { ChangeKind, StoreChange } from './tabs/notices.js';
