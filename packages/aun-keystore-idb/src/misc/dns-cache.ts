import { isJsonObject } from 'aun-core';
import type { StoreContext } from '../context.js';
import { readIn, writeIn } from '../db/transact.js';

const STORE = 'dns_cache';
const USABLE_SECONDS = 7 * 24 * 3600;

/** The address this name had; null when unknown or older than 7 days (08 §9.2). Times in seconds. */
export async function loadDnsEntry(
  context: StoreContext,
  hostname: string,
): Promise<{ readonly ip: string; readonly port: number } | null> {
  const value: unknown = await readIn(context.local, [STORE], (transaction) =>
    transaction.objectStore(STORE).get(hostname),
  );
  if (!isJsonObject(value)) return null;
  const { ip, port, updated_at: updatedAt } = value;
  if (typeof ip !== 'string' || typeof port !== 'number' || typeof updatedAt !== 'number') return null;
  return Math.floor(context.clock.now() / 1000) - updatedAt > USABLE_SECONDS ? null : { ip, port };
}

export async function saveDnsEntry(
  context: StoreContext,
  hostname: string,
  ip: string,
  port: number,
): Promise<void> {
  const entry = { ip, port, updated_at: Math.floor(context.clock.now() / 1000) };
  await writeIn(
    context.local,
    [STORE],
    (transaction) => transaction.objectStore(STORE).put(entry, hostname),
    'relaxed',
  );
}
