export type { FileLayer, FileStat, OpenMode } from './files/file-layer.js';
export { nodeFiles } from './files/node-files.js';
export { type SqlDatabase, SqlError, type SqlRow, type SqlValue } from './files/sql-database.js';
export { FsKeyStore, openFsKeyStore } from './fs-keystore.js';
export { openRecord, type RecordName, sealRecord } from './keys/protected-record.js';
export { deriveFieldKey, deriveMasterKey } from './keys/seed-keyring.js';
export { trustRootName } from './misc/trust-roots.js';
export type { FsKeyStoreOptions } from './store-options.js';
