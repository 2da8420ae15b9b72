import type { FederationTables } from './tables/federation.js';
import type { IdentityTables } from './tables/identity.js';
import type { MessageTables } from './tables/messages.js';
import type { RetentionPushTables } from './tables/retention-push.js';

/** Every table of the database, as kysely sees it. */
export interface Tables extends FederationTables, IdentityTables, MessageTables, RetentionPushTables {}
