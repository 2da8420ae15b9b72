import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'libsql';
import { describe, expect, it } from 'vitest';
import { newIssuer } from './conformance/material.js';
import { type ProtectedRecord, unprotect } from './public-folder/records.js';
import {
  type PlainKey,
  type PublicFolder,
  plainKey,
  writePublicFolder,
} from './public-folder/write-folder.js';
import { newDirectory, openStore } from './store-directory.js';

const aid = 'alice.public.test';
const group = 'room-1.public.test';
const scope = { deviceId: 'dev-1', slotId: 'main cli' };
const seed = 'Sëed 🔑 with spaces ';

const recordOf = (key: PlainKey) => ({
  privateKeyPem: key.pem,
  publicKeyDerB64: key.spki.toString('base64'),
  curve: 'P-256' as const,
});

async function newFolder(): Promise<PublicFolder> {
  const issuer = await newIssuer();
  const [key, peer] = [plainKey(), plainKey()];
  const peerCert = await issuer.issue('peer.public.test', recordOf(peer));
  const digest = new X509Certificate(peerCert).fingerprint256.replaceAll(':', '').toLowerCase();
  return {
    seed,
    aid,
    group: 'group.public.test/room-1',
    deviceId: scope.deviceId,
    key,
    olderKey: plainKey(),
    parkedKey: plainKey(),
    pendingKey: plainKey(),
    pendingAid: 'carol.public.test',
    pendingHandle: 'carol.public.test-0a1b2c3d-1760000000',
    spks: [plainKey(), plainKey()],
    groupSpk: plainKey(),
    groupKey: plainKey(),
    cert: await issuer.issue(aid, recordOf(key)),
    peerCert,
    peerFingerprint: `sha256:${digest}`,
  };
}

/** Without SQLite's own side files, which may stay until the driver's handle is collected. */
const filesIn = (root: string): readonly string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.db-(wal|shm)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();

interface KeyFile {
  readonly public_key_der_b64: string;
  readonly curve: string;
  readonly private_key_protection: ProtectedRecord;
}
const readKeyFile = (path: string): KeyFile => JSON.parse(readFileSync(path, 'utf8')) as KeyFile;

/** Bytes as the driver gives them: a Buffer or an ArrayBuffer. */
const hex = (value: unknown): string => Buffer.from(value as Uint8Array).toString('hex');

describe('a folder that a public SDK wrote (08)', () => {
  it('is read whole: keys, older keys, certificates, pending and parked keys', async () => {
    const path = newDirectory();
    const folder = await newFolder();
    writePublicFolder(path, folder);
    const store = openStore({ path, seed });
    expect(await store.deviceId()).toBe('dev-1');
    expect(store.listIdentitiesSync()).toEqual([{ aid, certPem: folder.cert }]);
    expect(await store.loadKeyPair(aid)).toEqual(recordOf(folder.key));
    expect(await store.loadPreviousKeyPairs(aid, 3)).toEqual([recordOf(folder.olderKey)]);
    expect(await store.loadCert('peer.public.test', folder.peerFingerprint)).toBe(folder.peerCert);
    expect(await store.loadCert('peer.public.test')).toBeNull();
    expect(await store.listPending('carol.public.test')).toEqual([folder.pendingHandle]);
    expect(await store.loadPendingKeyPair(folder.pendingHandle)).toEqual(recordOf(folder.pendingKey));
    expect(await store.loadPendingBind(` ${folder.group} `)).toEqual(recordOf(folder.parkedKey));
    expect(openStore({ path, seed: seed.trim() }).listIdentitiesSync()).toHaveLength(1);
    expect(() => openStore({ path, seed: seed.trim() }).loadKeyPairSync(aid)).toThrow('the seed is wrong');
  });

  it('is read whole: tokens, cursors, metadata, group state, device keys', async () => {
    const path = newDirectory();
    const folder = await newFolder();
    writePublicFolder(path, folder);
    const store = openStore({ path, seed });
    expect(await store.loadInstanceState(aid, scope)).toEqual({
      access_token: 'at',
      refresh_token: 'rt',
      access_token_expires_at: 1_760_003_600,
      kite_token: 'kt',
    });
    expect(await store.loadInstanceState(aid, { ...scope, slotId: '' })).toEqual({ access_token: 'single' });
    expect(await store.loadAllSeqs(aid, scope)).toEqual(new Map([[`p2p:${aid}`, 41]]));
    expect(await store.loadMetadata(aid)).toEqual({
      gateway_url: 'wss://gateway.public.test/aun',
      gateway_cached_at: 1_760_000_000_000,
      raw: 'not json',
    });
    expect((await store.loadGroupState(aid, group))?.stateVersion).toBe(3);
    const [older, current] = folder.spks;
    expect((await store.listPrekeys(aid, 'dev-1', '')).map((entry) => entry.spkId)).toEqual([
      current.id,
      older.id,
    ]);
    expect(hex((await store.loadCurrentPrekey(aid, 'dev-1', ''))?.privateScalar)).toBe(hex(current.scalar));
    expect(await store.loadLatestUploadedPrekeyId(aid, 'dev-1', '')).toBe(older.id);
    expect(await store.loadLatestUploadedPrekeyId(aid, 'dev-1', group)).toBe(folder.groupSpk.id);
    expect(hex((await store.loadPrekey(aid, 'dev-1', group, folder.groupSpk.id))?.publicSpki)).toBe(
      hex(folder.groupSpk.spki),
    );
    expect(await store.loadGroupIdentity(aid, 'dev-1', group)).toEqual(recordOf(folder.groupKey));
    expect(hex(await store.loadIdentityKeyAlias(aid, 'dev-1', folder.key.id))).toBe(hex(folder.key.scalar));
  });

  it('gives pending entries of exactly this AID, newest directory first (08 §5.1)', async () => {
    const path = newDirectory();
    const handles = ['-0a1b2c3d-1760000000', '-ffffffff-1760000002', '-00000000-1760000001'];
    const others = ['-0A1B2C3D-1760000000', '-0a1b2c3-1760000000', '.more-0a1b2c3d-1760000000', '-0a1b2c3d-'];
    for (const [index, end] of [...handles, ...others].entries()) {
      const directory = join(path, 'AIDs', '_pending', `${aid}${end}`);
      mkdirSync(join(directory, 'private'), { recursive: true });
      utimesSync(directory, 1_760_000_000 - index, 1_760_000_000 - index);
    }
    const store = openStore({ path, seed });
    expect(await store.listPending(aid)).toEqual(handles.map((end) => `${aid}${end}`));
  });

  it('is not changed by reading, apart from its rights', async () => {
    const path = newDirectory();
    const folder = await newFolder();
    writePublicFolder(path, folder);
    const secrets = [`AIDs/${aid}/private/key.json`, `AIDs/${aid}/aun.db`, '.device_id'];
    for (const name of secrets) chmodSync(join(path, name), 0o644);
    const before = new Map(filesIn(path).map((name) => [name, readFileSync(join(path, name))]));
    const store = openStore({ path, seed });
    await store.deviceId();
    await store.listIdentities();
    await store.loadKeyPair(aid);
    await store.loadMetadata(aid);
    await store.close();
    expect(filesIn(path)).toEqual([...before.keys()]);
    for (const [name, content] of before) {
      if (!name.endsWith('.db')) expect(readFileSync(join(path, name))).toEqual(content);
    }
    if (process.platform !== 'win32') {
      for (const name of secrets) expect(lstatSync(join(path, name)).mode & 0o777).toBe(0o600);
    }
  });

  it('changes its seed as a whole, and Node’s own cryptography then opens it', async () => {
    const path = newDirectory();
    const folder = await newFolder();
    writePublicFolder(path, folder);
    expect(await openStore({ path, seed }).changeSeed(seed, 'next')).toBe(1);
    const open = (file: string, scopeName: string, name: string) =>
      unprotect(
        { seed: 'next', scope: scopeName, name },
        readKeyFile(join(path, file)).private_key_protection,
      );
    const bindScope = 'group.public.test_room-1';
    expect(open(`AIDs/${aid}/private/key.json`, aid, 'identity/private_key')).toBe(folder.key.pem);
    expect(
      open(
        `AIDs/_pending/${folder.pendingHandle}/private/key.json`,
        folder.pendingAid,
        'identity/private_key',
      ),
    ).toBe(folder.pendingKey.pem);
    expect(open(`AIDs/_pending_binds/${bindScope}.json`, bindScope, 'pending_bind/private_key')).toBe(
      folder.parkedKey.pem,
    );
  });
});

describe('a folder that ours wrote', () => {
  it('holds exactly the files that 08 names, readable with Node’s own cryptography and SQLite', async () => {
    const path = newDirectory();
    const folder = await newFolder();
    const store = openStore({ path, seed });
    await store.deviceId();
    const handle = await store.createPending(aid, recordOf(folder.key));
    expect(handle).toMatch(/^alice\.public\.test-[0-9a-f]{8}-[0-9]{10}$/);
    await store.savePendingCert(handle, folder.cert);
    await store.promotePending(handle);
    await store.saveCert('peer.public.test', folder.peerCert, { active: false });
    await store.savePendingBind(folder.group, recordOf(folder.parkedKey));
    const waiting = await store.createPending(folder.pendingAid, recordOf(folder.pendingKey));
    const expires = 1_760_003_600;
    await store.updateInstanceState(aid, scope, () => ({
      access_token: 'at',
      access_token_expires_at: expires,
    }));
    await store.saveMetadata(aid, { gateway_url: 'wss://x/aun', gateway_cached_at: 7 });
    await store.saveSeqs(aid, scope, new Map([['p2p:x', 5]]));
    const [spk] = folder.spks;
    const prekey = {
      spkId: spk.id,
      privateScalar: new Uint8Array(spk.scalar),
      publicSpki: new Uint8Array(spk.spki),
    };
    await store.savePrekey(aid, 'dev-1', { ...prekey, groupId: '', createdAt: 10 });
    await store.markPrekeyUploaded(aid, 'dev-1', '', spk.id);
    await store.saveGroupIdentity(aid, 'dev-1', group, recordOf(folder.groupKey));
    await store.close();

    expect(filesIn(path)).toEqual(
      [
        '.device_id',
        `AIDs/_pending/${waiting}/private/key.json`,
        'AIDs/_pending_binds/group.public.test_room-1.json',
        `AIDs/${aid}/aun.db`,
        `AIDs/${aid}/private/key.json`,
        `AIDs/${aid}/public/cert.pem`,
        `AIDs/peer.public.test/public/certs/sha256_${folder.peerFingerprint.slice(7)}.pem`,
      ].sort(),
    );
    expect(readFileSync(join(path, '.device_id'), 'utf8')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    judgeKeyFile(join(path, 'AIDs', aid, 'private', 'key.json'), aid, 'identity/private_key', folder.key);
    judgeKeyFile(
      join(path, 'AIDs/_pending_binds/group.public.test_room-1.json'),
      'group.public.test_room-1',
      'pending_bind/private_key',
      folder.parkedKey,
    );
    judgeDatabase(join(path, 'AIDs', aid, 'aun.db'), folder);
  });

  it('keeps every certificate that was active, and of a peer the active one, by fingerprint', async () => {
    const store = openStore({ path: newDirectory(), seed });
    const issuer = await newIssuer();
    const key = recordOf(plainKey());
    const [first, second] = [await issuer.issue(aid, key, Date.now() - 60_000), await issuer.issue(aid, key)];
    const peer = await issuer.issue('peer.public.test', recordOf(plainKey()));
    await store.saveKeyPair(aid, key);
    await store.saveCert(aid, first);
    await store.saveCert(aid, second);
    await store.saveCert('peer.public.test', peer);
    const versionOf = (pem: string) =>
      `sha256_${new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()}.pem`;
    expect(filesIn(join(store.path, 'AIDs')).filter((name) => name.includes('public/'))).toEqual(
      [
        `${aid}/public/cert.pem`,
        `${aid}/public/certs/${versionOf(first)}`,
        'peer.public.test/public/cert.pem',
        `peer.public.test/public/certs/${versionOf(peer)}`,
      ].sort(),
    );
  });

  function judgeKeyFile(path: string, scopeName: string, name: string, key: PlainKey): void {
    const text = readFileSync(path, 'utf8');
    const file = readKeyFile(path);
    expect(text).toBe(JSON.stringify(file, null, 2));
    expect(Object.keys(file)).toEqual(['public_key_der_b64', 'curve', 'private_key_protection']);
    const record = file.private_key_protection;
    expect(Object.keys(record)).toEqual(['scheme', 'name', 'persisted', 'nonce', 'ciphertext', 'tag']);
    expect(record.persisted).toBe(true);
    for (const part of [record.nonce, record.ciphertext, record.tag]) {
      expect(Buffer.from(part, 'base64').toString('base64')).toBe(part);
    }
    const pem = unprotect({ seed, scope: scopeName, name }, record);
    expect(pem).toBe(key.pem);
    expect(pem.endsWith('-----END PRIVATE KEY-----\n')).toBe(true);
    expect(createPrivateKey(pem).asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(file.public_key_der_b64).toBe(key.spki.toString('base64'));
    expect(file.curve).toBe('P-256');
  }

  function judgeDatabase(path: string, folder: PublicFolder): void {
    const database = new Database(path);
    const one = (sql: string) => plain(database.prepare(sql).get());
    expect(one('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
    expect(one('SELECT * FROM _schema_version')).toEqual({ id: 1, version: 3 });
    expect(one('SELECT device_id, slot_id, slot_id_full, data FROM instance_state')).toEqual({
      device_id: 'dev-1',
      slot_id: 'main',
      slot_id_full: 'main cli',
      data: '{"access_token":"at","access_token_expires_at":1760003600}',
    });
    expect(one('SELECT slot_id, namespace, contiguous_seq FROM seq_tracker')).toEqual({
      slot_id: 'main',
      namespace: 'p2p:x',
      contiguous_seq: 5,
    });
    expect(one("SELECT value FROM metadata_kv WHERE key = 'gateway_url'")).toEqual({
      value: '"wss://x/aun"',
    });
    const { updated_at: at } = one('SELECT updated_at FROM metadata_kv');
    expect(Math.abs(Number(at) - Date.now())).toBeLessThan(600_000);
    const keys = database.prepare('SELECT * FROM v2_device_keys ORDER BY key_type').all().map(plain);
    const [spk] = folder.spks;
    expect(
      keys.map((row) => [row.key_type, row.group_id, row.key_id, hex(row.private_key), hex(row.public_key)]),
    ).toEqual([
      ['group_identity', group, '', hex(Buffer.from(folder.groupKey.pem)), hex(folder.groupKey.spki)],
      ['spk', '', spk.id, hex(spk.scalar), hex(spk.spki)],
      ['spk_uploaded', '', spk.id, '00', '00'],
    ]);
    database.close();
  }

  it('has the tables, columns and indexes of the database in the vectors, to the last default', async () => {
    const vectors = JSON.parse(readFileSync(new URL('./vectors/keystore.json', import.meta.url), 'utf8')) as {
      tree: { files: Record<string, { gzip_base64: string }> };
    };
    const packed = vectors.tree.files['AIDs/alice.vectors.example/aun.db']?.gzip_base64 ?? '';
    const theirs = join(newDirectory(), 'theirs.db');
    mkdirSync(dirname(theirs), { recursive: true });
    writeFileSync(theirs, gunzipSync(Buffer.from(packed, 'base64')));
    const store = openStore({ path: newDirectory() });
    await store.saveMetadata(aid, { a: 1 });
    await store.close();
    expect(shapeOf(join(store.path, 'AIDs', aid, 'aun.db'))).toEqual(shapeOf(theirs));
  });

  function shapeOf(path: string): unknown {
    const database = new Database(path);
    const all = (sql: string) => database.prepare(sql).all().map(plain);
    const tables = all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
    const shape = {
      pragmas: ['user_version', 'application_id', 'encoding', 'page_size', 'auto_vacuum', 'journal_mode'].map(
        (name) => all(`PRAGMA ${name}`),
      ),
      tables: tables.map(({ name }) => [
        name,
        all(`SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info('${String(name)}')`),
        all(`SELECT name, "unique", origin FROM pragma_index_list('${String(name)}')`),
      ]),
      index: all("SELECT name FROM pragma_index_info('idx_v2_device_keys_scope_created')"),
    };
    database.close();
    return shape;
  }
});

/** The driver adds `_metadata` to rows. */
function plain(row: unknown): Readonly<Record<string, unknown>> {
  const { _metadata: _, ...members } = row as Record<string, unknown>;
  return members;
}
