import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'libsql';
import { protect, type RecordPlace } from './records.js';

export interface PlainKey {
  readonly pem: string;
  readonly spki: Buffer;
  readonly scalar: Buffer;
  /** `sha256:` + 16 hex of the SPKI, as key ids are written (08 §7.7). */
  readonly id: string;
}

export function plainKey(): PlainKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return {
    pem: pemOf(privateKey),
    spki,
    scalar: Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url'),
    id: `sha256:${createHash('sha256').update(spki).digest('hex').slice(0, 16)}`,
  };
}

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** What a folder of a public SDK holds; the test knows every value. */
export interface PublicFolder {
  readonly seed: string;
  readonly aid: string;
  readonly group: string;
  readonly deviceId: string;
  readonly key: PlainKey;
  readonly olderKey: PlainKey;
  readonly parkedKey: PlainKey;
  readonly pendingKey: PlainKey;
  readonly pendingAid: string;
  readonly pendingHandle: string;
  readonly spks: readonly [PlainKey, PlainKey];
  readonly groupSpk: PlainKey;
  readonly groupKey: PlainKey;
  readonly cert: string;
  readonly peerCert: string;
  readonly peerFingerprint: string;
}

/** Writes the folder by the text of 08 §2 to §7 alone. Modes are left as the public SDKs leave them (K4). */
export function writePublicFolder(root: string, folder: PublicFolder): void {
  const put = (path: string, content: string | Buffer): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const { seed, aid, group } = folder;
  const identity = (scope: string): RecordPlace => ({ seed, scope, name: 'identity/private_key' });
  put('.device_id', folder.deviceId);
  put(`AIDs/${aid}/private/key.json`, keyFile(identity(aid), folder.key));
  put(`AIDs/${aid}/private/key.json.v1`, keyFile(identity(aid), folder.olderKey, 'hex'));
  put(`AIDs/${aid}/public/cert.pem`, folder.cert);
  put(
    `AIDs/peer.public.test/public/certs/sha256_${folder.peerFingerprint.slice('sha256:'.length)}.pem`,
    folder.peerCert,
  );
  put(
    `AIDs/_pending/${folder.pendingHandle}/private/key.json`,
    keyFile(identity(folder.pendingAid), folder.pendingKey),
  );
  const bindScope = group.replaceAll('/', '_');
  put(
    `AIDs/_pending_binds/${bindScope}.json`,
    keyFile({ seed, scope: bindScope, name: 'pending_bind/private_key' }, folder.parkedKey, 'hex'),
  );
  writeDatabase(join(root, 'AIDs', aid, 'aun.db'), folder);
}

function keyFile(place: RecordPlace, key: PlainKey, alphabet: 'base64' | 'hex' = 'base64'): string {
  const file = {
    public_key_der_b64: key.spki.toString('base64'),
    curve: 'P-256',
    private_key_protection: protect(place, key.pem, randomBytes(12), alphabet),
  };
  return JSON.stringify(file, null, 2);
}

/** The statements of 08 §7.2. */
const schema = `
CREATE TABLE _schema_version(id INTEGER PRIMARY KEY CHECK(id=1), version INTEGER NOT NULL);
CREATE TABLE tokens(key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at INTEGER NOT NULL);
CREATE TABLE instance_state(device_id TEXT NOT NULL, slot_id TEXT NOT NULL DEFAULT '_singleton', slot_id_full TEXT NOT NULL DEFAULT '',
  data TEXT NOT NULL DEFAULT '{}', updated_at INTEGER NOT NULL, PRIMARY KEY(device_id, slot_id));
CREATE TABLE seq_tracker(device_id TEXT NOT NULL, slot_id TEXT NOT NULL DEFAULT '_singleton', slot_id_full TEXT NOT NULL DEFAULT '',
  namespace TEXT NOT NULL, contiguous_seq INTEGER NOT NULL DEFAULT 0, updated_at INTEGER NOT NULL,
  PRIMARY KEY(device_id, slot_id, namespace));
CREATE TABLE metadata_kv(key TEXT PRIMARY KEY, value TEXT NOT NULL, updated_at INTEGER NOT NULL);
CREATE TABLE group_state(group_id TEXT PRIMARY KEY, state_version INTEGER NOT NULL DEFAULT 0, state_hash TEXT NOT NULL DEFAULT '',
  key_epoch INTEGER NOT NULL DEFAULT 0, membership_json TEXT NOT NULL DEFAULT '', policy_json TEXT NOT NULL DEFAULT '',
  updated_at INTEGER NOT NULL DEFAULT 0);
CREATE TABLE v2_device_keys(device_id TEXT NOT NULL, key_type TEXT NOT NULL, group_id TEXT NOT NULL DEFAULT '', key_id TEXT NOT NULL DEFAULT '',
  private_key BLOB NOT NULL, public_key BLOB NOT NULL, created_at INTEGER NOT NULL,
  PRIMARY KEY(device_id, key_type, group_id, key_id));
CREATE INDEX idx_v2_device_keys_scope_created ON v2_device_keys(device_id, key_type, group_id, created_at);
INSERT INTO _schema_version VALUES (1, 3);
`;

function writeDatabase(path: string, folder: PublicFolder): void {
  const database = new Database(path);
  database.exec('PRAGMA journal_mode = WAL');
  database.exec(schema);
  const { deviceId: device, aid, spks, groupSpk, groupKey, key } = folder;
  const run = (sql: string, ...params: readonly unknown[]) => database.prepare(sql).run(...params);
  const state = {
    access_token: 'at',
    refresh_token: 'rt',
    access_token_expires_at: 1_760_003_600,
    kite_token: 'kt',
  };
  run('INSERT INTO instance_state VALUES (?, ?, ?, ?, 1)', device, 'main', 'main cli', JSON.stringify(state));
  run(
    'INSERT INTO instance_state VALUES (?, ?, ?, ?, 1)',
    device,
    '_singleton',
    '',
    '{"access_token":"single"}',
  );
  run('INSERT INTO seq_tracker VALUES (?, ?, ?, ?, 41, 1)', device, 'main', 'main', `p2p:${aid}`);
  run('INSERT INTO metadata_kv VALUES (?, ?, 1)', 'gateway_url', '"wss://gateway.public.test/aun"');
  run('INSERT INTO metadata_kv VALUES (?, ?, 1)', 'gateway_cached_at', '1760000000000');
  run('INSERT INTO metadata_kv VALUES (?, ?, 1)', 'raw', 'not json');
  run("INSERT INTO group_state VALUES ('room-1', 3, 'ab', 2, '[]', '{}', 1)");
  const insert = 'INSERT INTO v2_device_keys VALUES (?, ?, ?, ?, ?, ?, ?)';
  const bytes = (buffer: Buffer) => new Uint8Array(buffer);
  const row = (type: string, groupId: string, id: string, secret: Buffer, spki: Buffer, at: number) =>
    run(insert, device, type, groupId, id, bytes(secret), bytes(spki), at);
  row('ik', '', '', key.scalar, key.spki, 1);
  row('ik', '', key.id, key.scalar, key.spki, 1);
  for (const [index, spk] of spks.entries()) row('spk', '', spk.id, spk.scalar, spk.spki, 10 + index);
  row('spk_uploaded', '', spks[0].id, Buffer.from([0]), Buffer.from([0]), 20);
  row('spk_uploaded', '', 'sha256:0123456789abcdef', Buffer.from([0]), Buffer.from([0]), 30);
  row('group_spk', 'room-1.public.test', groupSpk.id, groupSpk.scalar, groupSpk.spki, 11);
  row('group_spk_uploaded', 'room-1.public.test', groupSpk.id, Buffer.alloc(0), Buffer.alloc(0), 21);
  row('group_identity', 'room-1.public.test', '', Buffer.from(groupKey.pem), groupKey.spki, 12);
  database.close();
}
