import { type IdentityMetadata, type JsonValue, tryParseJson } from 'aun-core';
import type { StoreContext } from '../context.js';
import { identityDatabase } from '../db/identity-database.js';
import { immediate } from '../db/transaction.js';
import { readDatabase, writeDatabase } from '../db/use-database.js';
import type { Steps } from '../steps.js';

/** `metadata_kv`: values are JSON text; what is not JSON is taken as a string (08 §7.4). */
export function* loadMetadata(context: StoreContext, aid: string): Steps<IdentityMetadata> {
  const rows = yield* readDatabase(context, identityDatabase(context, aid), (database) =>
    database.all('SELECT key, value FROM metadata_kv'),
  );
  const entries = (rows ?? []).map((row): [string, JsonValue] => {
    const text = String(row.value);
    const value = tryParseJson(text);
    return [String(row.key), value === undefined ? text : value];
  });
  return Object.fromEntries(entries);
}

export function* saveMetadata(
  context: StoreContext,
  aid: string,
  changes: { readonly [key: string]: JsonValue | undefined },
): Steps<void> {
  const entries = Object.entries(changes);
  if (entries.length === 0) return;
  const now = context.clock.now();
  yield* writeDatabase(context, identityDatabase(context, aid), (database) =>
    immediate(database, () => {
      for (const [key, value] of entries) {
        if (value === undefined) database.run('DELETE FROM metadata_kv WHERE key = ?', key);
        else {
          database.run(
            `INSERT INTO metadata_kv (key, value, updated_at) VALUES (?, ?, ?)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
            key,
            JSON.stringify(value),
            now,
          );
        }
      }
    }),
  );
}
