import type { Migration } from '../migrations.js';

/**
 * Gateways of other issuers: whom we have met, what waits for them, what was sent to them, and what they asked for
 * (02 §20.4). Times in Unix milliseconds.
 */
export const federationMigration: Migration = {
  id: '0004-federation',
  sql: `
    CREATE TABLE federation_peers (
      issuer TEXT PRIMARY KEY,
      first_reached INTEGER NOT NULL,
      last_reached INTEGER NOT NULL
    ) WITHOUT ROWID;

    CREATE TABLE federation_outbox (
      outbox_id INTEGER PRIMARY KEY AUTOINCREMENT,
      from_aid TEXT NOT NULL,
      to_aid TEXT NOT NULL,
      message_id TEXT NOT NULL,
      relay_id TEXT NOT NULL,
      relay TEXT NOT NULL,
      accepted_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      UNIQUE (from_aid, to_aid, message_id)
    );
    CREATE INDEX federation_outbox_by_pair ON federation_outbox (from_aid, to_aid, outbox_id);
    CREATE INDEX federation_outbox_by_expiry ON federation_outbox (expires_at);

    CREATE TABLE federation_sent (
      from_aid TEXT NOT NULL,
      message_id TEXT NOT NULL,
      to_aid TEXT NOT NULL,
      expires_at INTEGER NOT NULL,
      PRIMARY KEY (from_aid, message_id, to_aid)
    ) WITHOUT ROWID;
    CREATE INDEX federation_sent_by_expiry ON federation_sent (expires_at);

    CREATE TABLE federation_relays (
      from_issuer TEXT NOT NULL,
      relay_id TEXT NOT NULL,
      outcome TEXT NOT NULL,
      expires_at INTEGER NOT NULL,
      PRIMARY KEY (from_issuer, relay_id)
    ) WITHOUT ROWID;
    CREATE TABLE federation_certs (
      aid TEXT NOT NULL,
      cert_sha256 TEXT NOT NULL,
      pem TEXT NOT NULL,
      chain TEXT NOT NULL,
      verified_at INTEGER NOT NULL,
      PRIMARY KEY (aid, cert_sha256)
    ) WITHOUT ROWID;
    CREATE INDEX federation_certs_by_age ON federation_certs (verified_at);

    CREATE INDEX federation_relays_by_expiry ON federation_relays (expires_at);
  `,
};
