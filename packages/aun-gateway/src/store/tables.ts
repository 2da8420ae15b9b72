import type { IdentityTables } from './tables/identity.js';
import type { MessageTables } from './tables/messages.js';

/** Every table of the database, as kysely sees it. */
export interface Tables extends IdentityTables, MessageTables {}
