import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noopLogger } from 'aun-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase, StoreError } from '../../src/store/database.js';
import { createGroupCommit, type GroupCommit } from '../../src/store/group-commit.js';
import { migrations } from '../../src/store/migrations/all.js';
import { migrate } from '../../src/store/migrations.js';

describe('the commit queue', () => {
  let folder: string;
  let db: Database;
  let commit: GroupCommit;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aun-store-'));
    db = openDatabase(join(folder, 'gateway.db'));
    db.exec('CREATE TABLE notes (n INTEGER PRIMARY KEY, body TEXT)');
    commit = createGroupCommit(db, noopLogger);
  });
  afterEach(() => {
    db.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const add = (n: number) => () => db.exec(`INSERT INTO notes (n) VALUES (${n})`);
  const stored = () => db.rawAll('SELECT n FROM notes ORDER BY n').map((row) => row.n);

  it('opens with WAL and synchronous=FULL', () => {
    expect(db.rawAll('PRAGMA journal_mode')[0]).toMatchObject({ journal_mode: 'wal' });
    expect(db.rawAll('PRAGMA synchronous')[0]).toMatchObject({ synchronous: 2 });
  });

  it('puts writes that arrive together into one transaction and settles none before its commit', async () => {
    let transactions = 0;
    const counting = createGroupCommit(
      new Proxy(db, {
        get: (target, name) => {
          const member = Reflect.get(target, name);
          if (name === 'transaction') transactions += 1;
          return typeof member === 'function' ? member.bind(target) : member;
        },
      }),
      noopLogger,
    );
    const order: string[] = [];
    await Promise.all(
      [1, 2, 3].map((n) => counting.run(add(n), () => order.push(`c${n}`)).then(() => order.push(`r${n}`))),
    );
    expect(transactions).toBe(1);
    expect(order).toEqual(['c1', 'c2', 'c3', 'r1', 'r2', 'r3']);
    expect(stored()).toEqual([1, 2, 3]);
  });

  it('a lone write commits at once; after several the next ones gather, at most until a batch is full', async () => {
    const one = commit.run(add(1));
    await new Promise((resolve) => setImmediate(resolve));
    expect(stored()).toEqual([1]);
    await Promise.all([one, commit.run(add(2)), commit.run(add(3))]);
    const waits = commit.run(add(4));
    await new Promise((resolve) => setImmediate(resolve));
    const later = Array.from({ length: 64 }, (_, i) => commit.run(add(5 + i)));
    await new Promise((resolve) => setImmediate(resolve));
    expect(stored()).toHaveLength(68);
    await Promise.all([waits, ...later]);
  });

  it('fails the bad write alone, its neighbours stand', async () => {
    const outcomes = await Promise.allSettled([commit.run(add(1)), commit.run(add(1)), commit.run(add(2))]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((outcomes[1] as PromiseRejectedResult).reason).toBeInstanceOf(StoreError);
    expect(stored()).toEqual([1, 2]);
  });

  it('a full disk refuses the write, stores no half of it, and recovers when there is space', async () => {
    const pages = Number(db.rawAll('PRAGMA page_count')[0]?.page_count);
    db.exec(`PRAGMA max_page_count = ${pages + 2}`);
    const large = () => {
      db.exec('INSERT INTO notes (n) VALUES (7)');
      db.exec(`INSERT INTO notes (n, body) VALUES (8, '${'x'.repeat(100_000)}')`);
    };
    await expect(commit.run(large)).rejects.toMatchObject({ name: 'StoreError', code: 'SQLITE_FULL' });
    expect(stored()).toEqual([]);
    db.exec('PRAGMA max_page_count = 1000000');
    await commit.run(large);
    expect(stored()).toEqual([7, 8]);
  });

  it('migrations run once and in order; a database of a newer version is refused', () => {
    expect(migrate(db, migrations, 1)).toEqual(migrations.map(({ id }) => id));
    expect(migrate(db, migrations, 2)).toEqual([]);
    db.exec("INSERT INTO schema_migrations (id, applied_at) VALUES ('9999-later', 3)");
    expect(() => migrate(db, migrations, 4)).toThrow(/database_too_new.*9999-later/);
  });
});
