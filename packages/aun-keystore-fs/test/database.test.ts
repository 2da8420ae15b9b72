import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeFiles, type SqlDatabase } from '../src/index.js';
import { HandClock } from './conformance/harness.js';
import { newKeyPair, newPrekey } from './conformance/material.js';
import { instrument } from './crash/instrumented-files.js';
import { failureCode, newDirectory, openStore, recordingLogger } from './store-directory.js';

const aid = 'alice.database.test';
const group = 'g-team01.database.test';
const scope = { deviceId: 'd1', slotId: 'main' };
const databaseOf = (path: string): string => join(path, 'AIDs', aid, 'aun.db');

async function seeded(): Promise<string> {
  const path = newDirectory();
  const store = openStore({ path });
  store.saveKeyPairSync(aid, newKeyPair());
  await store.updateInstanceState(aid, scope, () => ({ access_token: 'one' }));
  await store.close();
  return path;
}

/** A plain connection beside the store, as another process would have. */
function raw(path: string, work: (database: SqlDatabase) => void): void {
  const database = nodeFiles.database(path);
  try {
    work(database);
  } finally {
    database.close();
  }
}

describe('aun.db (08 §7)', () => {
  it('is not made by reading', async () => {
    const path = newDirectory();
    const store = openStore({ path });
    await store.loadInstanceState(aid, scope);
    await store.loadMetadata(aid);
    await store.deletePrekey(aid, 'd1', '', 'x');
    expect(readdirSync(path)).toEqual([]);
  });

  it('has schema version 3 in WAL mode with the tables of the public SDKs', async () => {
    const path = await seeded();
    raw(databaseOf(path), (database) => {
      expect(database.get('PRAGMA journal_mode')?.journal_mode).toBe('wal');
      expect(database.get('SELECT version FROM _schema_version WHERE id = 1')?.version).toBe(3);
      const names = database.all("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
      expect(names.map((row) => row.name)).toEqual([
        '_schema_version',
        'group_state',
        'instance_state',
        'metadata_kv',
        'seq_tracker',
        'tokens',
        'v2_device_keys',
      ]);
    });
  });

  for (const [what, damage] of [
    ['that is no database', () => Buffer.from('not a database at all, only text\n'.repeat(200))],
    [
      'with a damaged first page',
      (good: Buffer) => Buffer.concat([good.subarray(0, 100), Buffer.alloc(4000, 0x5a)]),
    ],
    ['cut in the middle', (good: Buffer) => good.subarray(0, 4096 + 100)],
  ] as const) {
    it(`${what} is set aside unharmed and replaced`, async () => {
      const path = await seeded();
      const damaged = damage(readFileSync(databaseOf(path)));
      writeFileSync(databaseOf(path), damaged);
      const { lines, logger } = recordingLogger();
      const store = openStore({ path, logger });
      await failureCode(() => store.loadInstanceState(aid, scope));
      await store.updateInstanceState(aid, scope, (state) => ({ ...state, access_token: 'two' }));
      expect(await store.loadInstanceState(aid, scope)).toEqual({ access_token: 'two' });
      const aside = readdirSync(dirname(databaseOf(path))).filter((name) =>
        /^aun\.db\.corrupt_\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z\.bak$/.test(name),
      );
      expect(aside).toHaveLength(1);
      expect(readFileSync(join(dirname(databaseOf(path)), aside[0] ?? ''))).toEqual(damaged);
      expect(lines).toContain('key store: a damaged database was set aside');
      expect(store.loadKeyPairSync(aid)).not.toBeNull();
    });
  }

  it('with any bit flipped is used or set aside, and never stops the process', {
    timeout: 300_000,
  }, async () => {
    const template = await seeded();
    const good = readFileSync(databaseOf(template));
    const allowed = new Set([undefined, 'database_corrupt', 'io']);
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length * 8 - 1), async (bit) => {
        const path = newDirectory();
        const flipped = Buffer.from(good);
        flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        mkdirSync(dirname(databaseOf(path)), { recursive: true });
        writeFileSync(databaseOf(path), flipped);
        const store = openStore({ path });
        for (const use of [
          () => store.loadInstanceState(aid, scope),
          () => store.updateInstanceState(aid, scope, (state) => ({ ...state, access_token: 'two' })),
          () => store.savePrekey(aid, 'd1', newPrekey('', 1)),
          () => store.loadAllSeqs(aid, scope),
        ]) {
          expect(allowed).toContain(await failureCode(use));
        }
        await store.close();
        for (const name of readdirSync(dirname(databaseOf(path)))) {
          if (name.endsWith('.bak'))
            expect(readFileSync(join(dirname(databaseOf(path)), name))).toEqual(flipped);
        }
      }),
      { numRuns: process.env.AUN_SOAK === '1' ? 2_000 : 40 },
    );
  });

  it('set aside twice by a clock that stands still keeps both copies', async () => {
    const path = await seeded();
    const clock = new HandClock(1_760_000_000_000);
    for (const text of ['first damage '.repeat(400), 'second damage '.repeat(400)]) {
      writeFileSync(databaseOf(path), text);
      const store = openStore({ path, clock });
      await store.updateInstanceState(aid, scope, () => ({ access_token: 'two' }));
      await store.close();
    }
    const aside = readdirSync(dirname(databaseOf(path))).filter((name) => name.endsWith('.bak'));
    expect(aside.sort()).toEqual([
      'aun.db.corrupt_2025-10-09T08-53-20-000Z.bak',
      'aun.db.corrupt_2025-10-09T08-53-20-001Z.bak',
    ]);
  });

  it('locked by another process is reported as busy, without blocking, and left as it is', async () => {
    const path = await seeded();
    const blocker = nodeFiles.database(databaseOf(path));
    blocker.exec('BEGIN IMMEDIATE');
    let hasTurned = false;
    setImmediate(() => {
      hasTurned = true;
    });
    const store = openStore({ path, lockWaitMs: 100 });
    expect(
      await failureCode(() => store.updateInstanceState(aid, scope, () => ({ access_token: 'two' }))),
    ).toBe('busy');
    expect(hasTurned).toBe(true);
    expect(await store.loadInstanceState(aid, scope)).toEqual({ access_token: 'one' });
    blocker.exec('COMMIT');
    blocker.close();
    await store.updateInstanceState(aid, scope, () => ({ access_token: 'two' }));
    expect(readdirSync(dirname(databaseOf(path))).filter((name) => name.includes('corrupt'))).toEqual([]);
  });

  it('waits for a lock that is given up in time', async () => {
    const path = await seeded();
    const blocker = nodeFiles.database(databaseOf(path));
    blocker.exec('BEGIN IMMEDIATE');
    const update = openStore({ path }).updateInstanceState(aid, scope, () => ({ access_token: 'two' }));
    setTimeout(() => blocker.exec('COMMIT'), 30);
    expect(await update).toEqual({ access_token: 'two' });
    blocker.close();
  });

  it('keeps its handle for all stores of a process until the last one closes', async () => {
    const path = await seeded();
    let opened = 0;
    const files = instrument(nodeFiles, (operation) => {
      if (operation.name === 'database') opened += 1;
    });
    const [one, two] = [openStore({ path, files }), openStore({ path, files })];
    await one.loadMetadata(aid);
    await two.loadMetadata(aid);
    await one.close();
    await two.loadMetadata(aid);
    expect(opened).toBe(1);
    await two.close();
    await two.loadMetadata(aid);
    expect(opened).toBe(2);
  });
});

it('a database that was deleted or replaced under an open store is noticed', async () => {
  const path = await seeded();
  const store = openStore({ path });
  expect(await store.loadInstanceState(aid, scope)).toEqual({ access_token: 'one' });
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${databaseOf(path)}${suffix}`, { force: true });
  expect(await store.loadInstanceState(aid, scope)).toEqual({});
  await store.updateInstanceState(aid, scope, () => ({ access_token: 'new' }));
  await store.close();
  expect(await openStore({ path }).loadInstanceState(aid, scope)).toEqual({ access_token: 'new' });
});

describe('older layouts of aun.db', () => {
  const oldTables = [
    'CREATE TABLE _schema_version (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER NOT NULL)',
    'INSERT INTO _schema_version VALUES (1, 1)',
    `CREATE TABLE instance_state (device_id TEXT NOT NULL, slot_id TEXT NOT NULL DEFAULT '_singleton',
      data TEXT NOT NULL DEFAULT '{}', updated_at INTEGER NOT NULL, PRIMARY KEY (device_id, slot_id))`,
    `INSERT INTO instance_state VALUES ('d1', 'main', '{"access_token":"old"}', 1)`,
    `CREATE TABLE seq_tracker (device_id TEXT NOT NULL, slot_id TEXT NOT NULL DEFAULT '_singleton', namespace TEXT NOT NULL,
      contiguous_seq INTEGER NOT NULL DEFAULT 0, updated_at INTEGER NOT NULL, PRIMARY KEY (device_id, slot_id, namespace))`,
    `INSERT INTO seq_tracker VALUES ('d1', 'main', 'p2p:a', 4, 1)`,
    'CREATE TABLE agent_md_cache (aid TEXT PRIMARY KEY)',
  ];
  const oldKeys = (name: string) => `CREATE TABLE ${name} (device_id TEXT NOT NULL, key_type TEXT NOT NULL,
    key_id TEXT NOT NULL DEFAULT '', private_key BLOB, public_key BLOB, created_at INTEGER NOT NULL,
    PRIMARY KEY (device_id, key_type, key_id))`;

  async function oldStore(extra: (database: SqlDatabase) => void): Promise<string> {
    const path = newDirectory();
    openStore({ path }).saveKeyPairSync(aid, newKeyPair());
    raw(databaseOf(path), (database) => {
      for (const statement of oldTables) database.exec(statement);
      extra(database);
    });
    return path;
  }

  const [p2p, team, late] = [newPrekey('', 5), newPrekey(group, 6), newPrekey('', 7)];

  function insertOld(
    database: SqlDatabase,
    table: string,
    type: string,
    id: string,
    key: typeof p2p | null,
  ): void {
    database.run(
      `INSERT INTO ${table} VALUES ('d1', ?, ?, ?, ?, 6)`,
      type,
      id,
      key?.privateScalar ?? null,
      key?.publicSpki ?? null,
    );
  }

  it('are upgraded with everything in them', async () => {
    const path = await oldStore((database) => {
      database.exec(oldKeys('v2_device_keys'));
      insertOld(database, 'v2_device_keys', 'spk', p2p.spkId, p2p);
      insertOld(database, 'v2_device_keys', 'group_spk', `${group}\0${team.spkId}`, team);
      insertOld(database, 'v2_device_keys', 'group_spk_uploaded', `${group}\0${team.spkId}`, null);
      insertOld(database, 'v2_device_keys', 'spk', 'sha256:without-key', null);
    });
    const store = openStore({ path });
    expect(await store.loadInstanceState(aid, scope)).toEqual({ access_token: 'old' });
    expect(await store.loadSeq(aid, scope, 'p2p:a')).toBe(4);
    expect(await store.listPrekeys(aid, 'd1', '')).toEqual([{ spkId: p2p.spkId, createdAt: 6 }]);
    expect(await store.loadPrekey(aid, 'd1', group, team.spkId)).toEqual({ ...team, createdAt: 6 });
    expect(await store.loadLatestUploadedPrekeyId(aid, 'd1', group)).toBe(team.spkId);
    await store.saveSeqs(aid, scope, new Map([['p2p:a', 5]]));
    await store.close();
    raw(databaseOf(path), (database) => {
      expect(database.get('SELECT version FROM _schema_version')?.version).toBe(3);
      const tables = database
        .all("SELECT name FROM sqlite_master WHERE type = 'table'")
        .map((row) => row.name);
      expect(tables.filter((name) => /agent_md_cache|legacy/.test(String(name)))).toEqual([]);
    });
  });

  it('whose upgrade was cut short lose nothing', async () => {
    const path = await oldStore((database) => {
      database.exec(oldKeys('v2_device_keys_legacy'));
      insertOld(database, 'v2_device_keys_legacy', 'spk', p2p.spkId, p2p);
      database.exec(oldKeys('v2_device_keys'));
      insertOld(database, 'v2_device_keys', 'spk', late.spkId, late);
    });
    const ids = (await openStore({ path }).listPrekeys(aid, 'd1', '')).map((entry) => entry.spkId);
    expect(ids.toSorted()).toEqual([p2p.spkId, late.spkId].toSorted());
  });

  it('of a later version are used as they are', async () => {
    const path = await seeded();
    raw(databaseOf(path), (database) => {
      database.exec('UPDATE _schema_version SET version = 9');
      database.exec(`ALTER TABLE instance_state ADD COLUMN later TEXT NOT NULL DEFAULT 'x'`);
    });
    const store = openStore({ path });
    await store.updateInstanceState(aid, scope, (state) => ({ ...state, more: 1 }));
    expect(await store.loadInstanceState(aid, scope)).toEqual({ access_token: 'one', more: 1 });
    await store.close();
    raw(databaseOf(path), (database) => {
      expect(database.get('SELECT version FROM _schema_version')?.version).toBe(9);
    });
  });

  it('accept markers of every public SDK, and ignore one without key', async () => {
    const path = await seeded();
    const store = openStore({ path });
    await store.savePrekey(aid, 'd1', p2p);
    await store.close();
    raw(databaseOf(path), (database) => {
      const marker = `INSERT INTO v2_device_keys VALUES ('d1', 'spk_uploaded', '', ?, ?, ?, ?)`;
      database.run(marker, p2p.spkId, new Uint8Array(0), new Uint8Array(0), 1);
      database.run(marker, 'sha256:gone', new Uint8Array([0]), new Uint8Array([0]), 2);
    });
    expect(await openStore({ path }).loadLatestUploadedPrekeyId(aid, 'd1', '')).toBe(p2p.spkId);
  });

  it('give the identity key that a public SDK stored under an older id (08 §7.7)', async () => {
    const path = await seeded();
    raw(databaseOf(path), (database) => {
      const insert = `INSERT INTO v2_device_keys VALUES ('d1', 'ik', '', ?, ?, ?, 1)`;
      database.run(insert, '', p2p.privateScalar, p2p.publicSpki);
      database.run(insert, late.spkId, late.privateScalar, late.publicSpki);
    });
    const store = openStore({ path });
    expect(await store.loadIdentityKeyAlias(aid, 'd1', p2p.spkId)).toEqual(p2p.privateScalar);
    expect(await store.loadIdentityKeyAlias(aid, 'd1', late.spkId)).toEqual(late.privateScalar);
    expect(await store.loadIdentityKeyAlias(aid, 'd1', team.spkId)).toBeNull();
  });
});

it('stores nothing that could stop the process in the driver', async () => {
  const store = openStore({ path: newDirectory() });
  const wrong = { deviceId: true as unknown as string, slotId: 'main' };
  expect(await failureCode(() => store.updateInstanceState(aid, wrong, () => ({})))).toBe('invalid_argument');
  expect(existsSync(databaseOf(store.path))).toBe(true);
});

it('lists an outbox entry that lost its bytes with none, and the others as they are (08, last section)', async () => {
  const path = newDirectory();
  const entry = (messageId: string) => ({
    messageId,
    orderKey: 'bobby.database.test',
    enqueuedAt: 1,
    expiresAt: null,
    attempts: 0,
    sealed: new Uint8Array([1, 2, 3]),
  });
  const store = openStore({ path });
  for (const id of ['a', 'b', 'c']) await store.enqueueOutbox(aid, entry(id));
  await store.close();
  raw(join(dirname(databaseOf(path)), 'outbox.db'), (database) => {
    database.run("UPDATE outbox SET sealed = 'text' WHERE message_id = 'b'");
  });
  const later = openStore({ path });
  const lost = { ...entry('b'), sealed: new Uint8Array(0) };
  expect(await later.listOutbox(aid)).toEqual([entry('a'), lost, entry('c')]);
  await later.removeOutbox(aid, 'b');
  expect(await later.listOutbox(aid)).toEqual([entry('a'), entry('c')]);
});
