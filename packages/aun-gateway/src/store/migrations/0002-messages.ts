import type { Migration } from '../migrations.js';

/**
 * Devices, prekeys, message bodies, inboxes and cursors (04 §21). A body is stored once; an inbox row is what one
 * device got of it. `device_no` stands for (owner_aid, device_id) so that inbox rows stay small and clustered.
 */
export const messageMigration: Migration = {
  id: '0002-messages',
  sql: `
    CREATE TABLE devices (
      device_no INTEGER PRIMARY KEY,
      owner_aid TEXT NOT NULL,
      device_id TEXT NOT NULL,
      first_seen INTEGER NOT NULL,
      last_seen INTEGER NOT NULL,
      head_seq INTEGER NOT NULL DEFAULT 0,
      floor_seq INTEGER NOT NULL DEFAULT 0,
      UNIQUE (owner_aid, device_id)
    );
    CREATE INDEX devices_by_owner ON devices (owner_aid, last_seen DESC);

    CREATE TABLE device_keys (
      device_no INTEGER NOT NULL REFERENCES devices (device_no),
      spk_id TEXT NOT NULL,
      spk_pk TEXT NOT NULL,
      spk_signature TEXT NOT NULL,
      spk_timestamp INTEGER NOT NULL,
      is_current INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      PRIMARY KEY (device_no, spk_id)
    ) WITHOUT ROWID;

    CREATE TABLE bodies (
      body_id INTEGER PRIMARY KEY,
      message_id TEXT NOT NULL,
      from_aid TEXT NOT NULL,
      to_aid TEXT NOT NULL,
      kind INTEGER NOT NULL,
      type TEXT NOT NULL,
      t_server INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      sender_device TEXT NOT NULL,
      sender_ip TEXT NOT NULL,
      content TEXT NOT NULL,
      recalled_at INTEGER,
      UNIQUE (message_id, from_aid, to_aid)
    );
    CREATE INDEX bodies_by_expiry ON bodies (expires_at);

    CREATE TABLE inbox (
      device_no INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      body_id INTEGER NOT NULL,
      outbound INTEGER NOT NULL,
      size INTEGER NOT NULL,
      wrap TEXT NOT NULL,
      PRIMARY KEY (device_no, seq)
    ) WITHOUT ROWID;
    CREATE INDEX inbox_by_body ON inbox (body_id);

    CREATE TABLE cursors (
      device_no INTEGER NOT NULL REFERENCES devices (device_no),
      slot_key TEXT NOT NULL,
      ack_seq INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      PRIMARY KEY (device_no, slot_key)
    ) WITHOUT ROWID;
  `,
};
