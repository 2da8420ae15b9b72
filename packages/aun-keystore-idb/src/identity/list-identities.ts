import type { IdentitySummary } from 'aun-core';
import type { StoreContext } from '../context.js';
import { readIn } from '../db/transact.js';
import { parseKeyRecord } from '../keys/key-record.js';
import { parsed } from './certificates.js';

/** What earlier listings of one store found, by entry; given again, the same object, while the certificate is the same. */
export type ListingCache = Map<string, IdentitySummary>;

/**
 * Local identities sorted by AID (07 §3.5): a certificate that parses and a stored private key. No key is decrypted,
 * no certificate parsed twice. Broken entries are left out.
 */
export async function listIdentities(
  context: StoreContext,
  cache: ListingCache,
): Promise<readonly IdentitySummary[]> {
  const entries = await readIn(context.keystore, ['key_pairs', 'certs'], async (transaction) => {
    const pairs = transaction.objectStore('key_pairs');
    const [names, values] = await Promise.all([pairs.getAllKeys(), pairs.getAll()]);
    const certs = transaction.objectStore('certs');
    return Promise.all(
      names.map(async (name, index) => ({
        name,
        value: values[index] as unknown,
        certPem: (await certs.get(name)) as unknown,
      })),
    );
  });
  const found: IdentitySummary[] = [];
  for (const { name, value, certPem } of entries) {
    const kind = parseKeyRecord(value)?.kind;
    const hasKey = kind === 'protected' || kind === 'plaintext';
    if (typeof name !== 'string' || !hasKey || typeof certPem !== 'string') continue;
    const known = cache.get(name);
    if (known?.certPem !== certPem && parsed(certPem) === null) continue;
    const summary = known?.certPem === certPem ? known : { aid: name, certPem };
    cache.set(name, summary);
    found.push(summary);
  }
  return found.sort((a, b) => (a.aid < b.aid ? -1 : 1));
}
