import type { DatabaseSpec } from './connection.js';

/**
 * What only ours keeps. A database of its own: a tenth store in `aun-keystore` would need a version that the public
 * SDK cannot open (08, last section).
 */
export const localDatabase: DatabaseSpec = {
  name: 'aun-keystore-local',
  version: 1,
  stores: ['outbox', 'dns_cache', 'settings'],
  upgrade(database) {
    const outbox = database.createObjectStore('outbox', { autoIncrement: true });
    outbox.createIndex('by_name', 'name');
    outbox.createIndex('by_message', ['name', 'message_id'], { unique: true });
    database.createObjectStore('dns_cache');
    database.createObjectStore('settings');
  },
};
