import type { Migration } from '../migrations.js';

/** AIDs, their certificates, refresh tokens and agent.md documents (01 §19.2, 09 §6). Times: Unix seconds. */
export const identityMigration: Migration = {
  id: '0001-identity',
  sql: `
CREATE TABLE aids (
  aid TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('agent', 'group', 'service')),
  status TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE certs (
  serial TEXT PRIMARY KEY,
  issuer TEXT NOT NULL,
  aid TEXT NOT NULL REFERENCES aids (aid),
  spki_sha256 TEXT NOT NULL,
  cert_sha256 TEXT NOT NULL UNIQUE,
  pem TEXT NOT NULL,
  curve TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('active_signing', 'verify_only', 'revoked')),
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
  superseded_by TEXT,
  superseded_reason TEXT CHECK (superseded_reason IN ('renew', 'rekey')),
  revoked_at INTEGER,
  reason TEXT,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX certs_by_aid ON certs (aid, created_at);
CREATE UNIQUE INDEX certs_one_active ON certs (aid, curve) WHERE state = 'active_signing';
CREATE INDEX certs_by_key ON certs (spki_sha256);
CREATE INDEX certs_revoked ON certs (issuer, revoked_at) WHERE state = 'revoked';

CREATE TABLE refresh_tokens (
  token_hash TEXT PRIMARY KEY,
  family TEXT NOT NULL,
  aid TEXT NOT NULL,
  issued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  family_started_at INTEGER NOT NULL,
  count INTEGER NOT NULL,
  consumed_at INTEGER
) WITHOUT ROWID;
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family, count);
CREATE INDEX refresh_tokens_by_aid ON refresh_tokens (aid);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

CREATE TABLE revoked_jti (
  jti TEXT PRIMARY KEY,
  expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE agent_md (
  aid TEXT PRIMARY KEY REFERENCES aids (aid),
  content BLOB NOT NULL,
  etag TEXT NOT NULL,
  visibility TEXT NOT NULL,
  modified_at INTEGER NOT NULL
);
`,
};
