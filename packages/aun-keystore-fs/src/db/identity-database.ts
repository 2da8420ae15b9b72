import { type InstanceScope, slotIsolationKey } from 'aun-core';
import type { StoreContext } from '../context.js';
import { identityPaths } from '../layout.js';
import { migrate } from './migrations.js';
import type { DatabaseFile } from './use-database.js';

/** `aun.db` of an identity or peer (08 §7). */
export function identityDatabase(context: StoreContext, aid: string): DatabaseFile {
  const paths = identityPaths(context.layout, aid);
  return { path: paths.database, prepare: migrate, lock: paths.name };
}

/** Row key of a slot: its isolation key, or `_singleton` (08 §3). */
export const slotKey = (scope: InstanceScope): string => slotIsolationKey(scope.slotId) || '_singleton';
