import type { StoreContext } from '../context.js';
import { type DatabaseFile, readDatabase, writeDatabase } from '../db/use-database.js';
import type { Steps } from '../steps.js';

const USABLE_SECONDS = 7 * 24 * 3600;

/** `{aunPath}/dns_cache.db`, shared with the Python and Go SDKs; times in seconds (08 §9.2). */
const dnsDatabase = (context: StoreContext): DatabaseFile => ({
  path: context.layout.dnsCache,
  lock: '_dns_cache',
  prepare: (database) =>
    database.exec(`CREATE TABLE IF NOT EXISTS dns_cache (
      hostname TEXT PRIMARY KEY, ip TEXT NOT NULL, port INTEGER NOT NULL DEFAULT 443, updated_at INTEGER NOT NULL)`),
});

/** The address this name had; null when unknown or older than 7 days. */
export function* loadDnsEntry(
  context: StoreContext,
  hostname: string,
): Steps<{ readonly ip: string; readonly port: number } | null> {
  const row = yield* readDatabase(context, dnsDatabase(context), (database) =>
    database.get('SELECT ip, port, updated_at FROM dns_cache WHERE hostname = ?', hostname),
  );
  if (row === null || row === undefined) return null;
  const age = Math.floor(context.clock.now() / 1000) - Number(row.updated_at);
  return age > USABLE_SECONDS ? null : { ip: String(row.ip), port: Number(row.port) };
}

export function* saveDnsEntry(
  context: StoreContext,
  hostname: string,
  ip: string,
  port: number,
): Steps<void> {
  const now = Math.floor(context.clock.now() / 1000);
  yield* writeDatabase(context, dnsDatabase(context), (database) =>
    database.run(
      `INSERT INTO dns_cache (hostname, ip, port, updated_at) VALUES (?, ?, ?, ?) ON CONFLICT (hostname) DO UPDATE
       SET ip = excluded.ip, port = excluded.port, updated_at = excluded.updated_at`,
      hostname,
      ip,
      port,
      now,
    ),
  );
}
