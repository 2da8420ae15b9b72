/** Version written to `_schema_version` (08 §7.2). */
export const SCHEMA_VERSION = 3;

export const V2_DEVICE_KEYS = `CREATE TABLE IF NOT EXISTS v2_device_keys (
  device_id TEXT NOT NULL, key_type TEXT NOT NULL, group_id TEXT NOT NULL DEFAULT '', key_id TEXT NOT NULL DEFAULT '',
  private_key BLOB NOT NULL, public_key BLOB NOT NULL, created_at INTEGER NOT NULL,
  PRIMARY KEY (device_id, key_type, group_id, key_id))`;

export const V2_INDEX = `CREATE INDEX IF NOT EXISTS idx_v2_device_keys_scope_created
  ON v2_device_keys(device_id, key_type, group_id, created_at)`;

/** Tables of version 3 as the public SDKs create them (08 §7.2). */
export const TABLES: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS _schema_version (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS tokens (key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at INTEGER NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS instance_state (
  device_id TEXT NOT NULL, slot_id TEXT NOT NULL DEFAULT '_singleton', slot_id_full TEXT NOT NULL DEFAULT '',
  data TEXT NOT NULL DEFAULT '{}', updated_at INTEGER NOT NULL, PRIMARY KEY (device_id, slot_id))`,
  `CREATE TABLE IF NOT EXISTS seq_tracker (
  device_id TEXT NOT NULL, slot_id TEXT NOT NULL DEFAULT '_singleton', slot_id_full TEXT NOT NULL DEFAULT '',
  namespace TEXT NOT NULL, contiguous_seq INTEGER NOT NULL DEFAULT 0, updated_at INTEGER NOT NULL,
  PRIMARY KEY (device_id, slot_id, namespace))`,
  `CREATE TABLE IF NOT EXISTS metadata_kv (key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at INTEGER NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS group_state (
  group_id TEXT PRIMARY KEY, state_version INTEGER NOT NULL DEFAULT 0, state_hash TEXT NOT NULL DEFAULT '',
  key_epoch INTEGER NOT NULL DEFAULT 0, membership_json TEXT NOT NULL DEFAULT '',
  policy_json TEXT NOT NULL DEFAULT '', updated_at INTEGER NOT NULL DEFAULT 0)`,
];
