import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PrekeyRecord } from 'aun-core';
import { nodeFiles } from '../../src/index.js';
import { aid, device, group } from './names.js';

const tables = [
  'CREATE TABLE _schema_version (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL)',
  'INSERT INTO _schema_version VALUES (1, 1)',
  `CREATE TABLE instance_state (device_id TEXT NOT NULL, slot_id TEXT NOT NULL DEFAULT '_singleton',
    data TEXT NOT NULL DEFAULT '{}', updated_at INTEGER NOT NULL, PRIMARY KEY (device_id, slot_id))`,
  `INSERT INTO instance_state VALUES ('${device}', 'main', '{"access_token":"old"}', 1)`,
  `CREATE TABLE seq_tracker (device_id TEXT NOT NULL, slot_id TEXT NOT NULL DEFAULT '_singleton',
    namespace TEXT NOT NULL, contiguous_seq INTEGER NOT NULL DEFAULT 0, updated_at INTEGER NOT NULL,
    PRIMARY KEY (device_id, slot_id, namespace))`,
  `INSERT INTO seq_tracker VALUES ('${device}', 'main', 'p2p:a', 4, 1)`,
  'CREATE TABLE agent_md_cache (aid TEXT PRIMARY KEY)',
  `CREATE TABLE v2_device_keys (device_id TEXT NOT NULL, key_type TEXT NOT NULL, key_id TEXT NOT NULL DEFAULT '',
    private_key BLOB, public_key BLOB, created_at INTEGER NOT NULL, PRIMARY KEY (device_id, key_type, key_id))`,
];

/** `aun.db` of layout 1: no slot_id_full, group prekeys under `group NUL spk` (08 §7.2). */
export function makeOldDatabase(root: string, own: PrekeyRecord, ofGroup: PrekeyRecord): void {
  const path = join(root, 'AIDs', aid, 'aun.db');
  mkdirSync(dirname(path), { recursive: true });
  const database = nodeFiles.database(path);
  for (const statement of tables) database.exec(statement);
  const insert = `INSERT INTO v2_device_keys VALUES ('${device}', ?, ?, ?, ?, ?)`;
  const { privateScalar, publicSpki, createdAt } = own;
  database.run(insert, 'spk', own.spkId, privateScalar, publicSpki, createdAt);
  const id = `${group}\0${ofGroup.spkId}`;
  database.run(insert, 'group_spk', id, ofGroup.privateScalar, ofGroup.publicSpki, ofGroup.createdAt);
  database.run(insert, 'group_spk_uploaded', id, null, null, ofGroup.createdAt);
  database.close();
}
