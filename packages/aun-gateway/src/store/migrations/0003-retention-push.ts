import type { Migration } from '../migrations.js';

/**
 * How far every slot of a device had acked at which time (04 §20 `acked_ttl`), and who wants to be told through a
 * push agent of messages that wait (04 §19). Times: Unix ms.
 */
export const retentionPushMigration: Migration = {
  id: '0003-retention-push',
  sql: `
    CREATE TABLE ack_marks (
      marked_at INTEGER NOT NULL,
      device_no INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      PRIMARY KEY (marked_at, device_no)
    ) WITHOUT ROWID;
    CREATE INDEX ack_marks_by_device ON ack_marks (device_no, seq);

    CREATE TABLE push_config (
      aid TEXT PRIMARY KEY,
      push_notify_aid TEXT NOT NULL,
      push_token TEXT NOT NULL,
      updated_at INTEGER NOT NULL
    ) WITHOUT ROWID;
  `,
};
