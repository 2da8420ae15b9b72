import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Libsql from 'libsql';

/** Seconds of the least that makes something durable in `folder`. */
export interface Disk {
  /** A kilobyte written over itself, and `fsync`. */
  fsync(): void;
  /** One row in one transaction: WAL, `synchronous=FULL`. */
  commit(): void;
  /** `rows` rows of `bytes` bytes in one such transaction. */
  commitMany(rows: number, bytes: number): void;
  close(): void;
}

export function openDisk(folder: string): Disk {
  const file = openSync(join(folder, 'bound.bin'), 'w', 0o600);
  const kilobyte = Buffer.alloc(1_024, 1);
  const db = new Libsql(join(folder, 'bound.db'));
  db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL');
  db.exec('CREATE TABLE item (id INTEGER PRIMARY KEY, value BLOB) STRICT');
  const insert = db.prepare<unknown[]>('INSERT INTO item (value) VALUES (?)');
  const commitMany = (rows: number, bytes: number): void => {
    db.exec('BEGIN IMMEDIATE');
    for (let i = 0; i < rows; i++) insert.run([Buffer.alloc(bytes, i)]);
    db.exec('COMMIT');
  };
  return {
    fsync() {
      writeSync(file, kilobyte, 0, kilobyte.length, 0);
      fsyncSync(file);
    },
    commit: () => commitMany(1, 200),
    commitMany,
    close() {
      db.close();
      closeSync(file);
    },
  };
}
