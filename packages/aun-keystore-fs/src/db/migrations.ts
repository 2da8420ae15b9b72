import { hexDecode } from 'aun-crypto';
import type { SqlDatabase, SqlRow } from '../files/sql-database.js';
import { SCHEMA_VERSION, TABLES, V2_DEVICE_KEYS, V2_INDEX } from './schema.js';
import { immediate } from './transaction.js';

const LEGACY = 'v2_device_keys_legacy';

/** Brings a database of any older layout to version 3, in one transaction; a newer version is left as it is (08 §7.2). */
export function migrate(database: SqlDatabase): void {
  if (isCurrent(database)) return;
  immediate(database, () => {
    for (const table of TABLES) database.exec(table);
    for (const table of ['instance_state', 'seq_tracker']) addSlotColumn(database, table);
    setOldDeviceKeysAside(database);
    database.exec(V2_DEVICE_KEYS);
    database.exec(V2_INDEX);
    for (const table of legacyTables(database)) copyDeviceKeys(database, table);
    const version = storedVersion(database);
    if (version >= SCHEMA_VERSION) return;
    database.exec('DROP TABLE IF EXISTS agent_md_cache');
    database.run(
      'INSERT INTO _schema_version (id, version) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET version = excluded.version',
      SCHEMA_VERSION,
    );
  });
}

/** One cheap look, so that opening an up-to-date database takes no write lock. */
function isCurrent(database: SqlDatabase): boolean {
  const names = new Set(
    database.all("SELECT name FROM sqlite_master WHERE type IN ('table', 'index')").map((row) => row.name),
  );
  const needed = ['_schema_version', 'tokens', 'instance_state', 'seq_tracker', 'metadata_kv', 'group_state'];
  if (!needed.every((name) => names.has(name)) || legacyTables(database).length > 0) return false;
  if (!names.has('v2_device_keys') || !names.has('idx_v2_device_keys_scope_created')) return false;
  return (
    storedVersion(database) >= SCHEMA_VERSION &&
    columns(database, 'instance_state').some((column) => column.name === 'slot_id_full') &&
    columns(database, 'seq_tracker').some((column) => column.name === 'slot_id_full') &&
    hasGroupInKey(database)
  );
}

function storedVersion(database: SqlDatabase): number {
  const version = database.get('SELECT version FROM _schema_version WHERE id = 1')?.version;
  return typeof version === 'number' ? version : 0;
}

const columns = (database: SqlDatabase, table: string): readonly SqlRow[] =>
  database.all(`SELECT name, pk FROM pragma_table_info('${table}')`);

function addSlotColumn(database: SqlDatabase, table: string): void {
  if (columns(database, table).some((column) => column.name === 'slot_id_full')) return;
  database.exec(`ALTER TABLE ${table} ADD COLUMN slot_id_full TEXT NOT NULL DEFAULT ''`);
}

function hasGroupInKey(database: SqlDatabase): boolean {
  return columns(database, 'v2_device_keys').some((column) => column.name === 'group_id' && column.pk !== 0);
}

/** The first layout had no group column: group prekeys stood under `group NUL spk` (03 §11.1). */
function setOldDeviceKeysAside(database: SqlDatabase): void {
  if (columns(database, 'v2_device_keys').length === 0 || hasGroupInKey(database)) return;
  database.exec('DROP INDEX IF EXISTS idx_v2_device_keys_scope_created');
  database.exec(`ALTER TABLE v2_device_keys RENAME TO ${LEGACY}_${legacyTables(database).length}`);
}

/** More than one when an earlier upgrade was cut short. */
function legacyTables(database: SqlDatabase): readonly string[] {
  return database
    .all("SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'v2_device_keys_legacy*'")
    .map((row) => String(row.name));
}

function copyDeviceKeys(database: SqlDatabase, from: string): void {
  const known = new Set(columns(database, from).map((column) => column.name));
  const group = known.has('group_id') ? 'group_id' : "''";
  const created = known.has('created_at') ? 'created_at' : '0';
  // Texts with a NUL byte are cut at it by SQLite's text functions, so ids are read as hex of their bytes.
  const rows = database.all(
    `SELECT device_id, key_type, ${group} AS group_id, hex(CAST(key_id AS BLOB)) AS key_hex,
            private_key, public_key, ${created} AS created_at FROM "${from}"`,
  );
  for (const row of rows) copyRow(database, row);
  database.exec(`DROP TABLE "${from}"`);
}

function copyRow(database: SqlDatabase, row: SqlRow): void {
  const type = String(row.key_type ?? '');
  const marker = type.endsWith('_uploaded') ? new Uint8Array([0]) : null;
  const privateKey = row.private_key ?? marker;
  const publicKey = row.public_key ?? marker;
  if (privateKey === null || publicKey === null) return;
  const id = new TextDecoder().decode(hexDecode(String(row.key_hex ?? '')));
  const nul = type.startsWith('group_spk') ? id.indexOf('\0') : -1;
  database.run(
    `INSERT OR IGNORE INTO v2_device_keys
       (device_id, key_type, group_id, key_id, private_key, public_key, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    String(row.device_id ?? ''),
    type,
    nul >= 0 ? id.slice(0, nul) : String(row.group_id ?? ''),
    nul >= 0 ? id.slice(nul + 1) : id,
    privateKey,
    publicKey,
    typeof row.created_at === 'number' ? row.created_at : 0,
  );
}
