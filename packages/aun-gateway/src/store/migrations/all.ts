import type { Migration } from '../migrations.js';
import { identityMigration } from './0001-identity.js';
import { messageMigration } from './0002-messages.js';
import { retentionPushMigration } from './0003-retention-push.js';
import { federationMigration } from './0004-federation.js';

/** All migrations of this version, in order. */
export const migrations: readonly Migration[] = [
  identityMigration,
  messageMigration,
  retentionPushMigration,
  federationMigration,
];
