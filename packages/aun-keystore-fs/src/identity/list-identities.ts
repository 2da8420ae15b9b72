import { join } from 'node:path';
import type { IdentitySummary } from 'aun-core';
import type { StoreContext } from '../context.js';
import type { FileStat } from '../files/file-layer.js';
import { listIfPresent, readTextIfPresent, statIfPresent } from '../files/read.js';
import { systemCode } from '../files/system-error.js';
import { parseKeyFile } from '../keys/key-file.js';
import { type IdentityPaths, identityPathsIn, isIdentityDirectory } from '../layout.js';
import { breathe, type Steps } from '../steps.js';
import { parsed } from './certificates.js';

interface CachedEntry {
  readonly stamp: string;
  /** Null: not a usable local identity. */
  readonly summary: IdentitySummary | null;
}

/** What earlier listings of one store found, by directory, valid while the two files keep time and size. */
export type ListingCache = Map<string, CachedEntry>;

const ENTRIES_PER_BREATH = 200;

/**
 * Local identities sorted by AID (07 §3.5): a certificate that parses and a stored private key. No key is decrypted,
 * and nothing is read again while file times and sizes stay the same. Broken entries are left out.
 */
export function* listIdentities(
  context: StoreContext,
  cache: ListingCache,
): Steps<readonly IdentitySummary[]> {
  const names = listIfPresent(context.files, context.layout.identities).filter(isIdentityDirectory);
  const present = new Set(names);
  for (const known of cache.keys()) if (!present.has(known)) cache.delete(known);
  const found: IdentitySummary[] = [];
  for (const [index, name] of names.entries()) {
    if (index % ENTRIES_PER_BREATH === ENTRIES_PER_BREATH - 1) yield breathe;
    const summary = summarizeReadable(context, cache, name);
    if (summary !== null) found.push(summary);
  }
  return found.sort((a, b) => (a.aid < b.aid ? -1 : 1));
}

/** What lies in the entry itself, as opposed to a process that has no file handles left. */
const ENTRY_FAULTS = new Set([
  'EACCES',
  'EPERM',
  'ELOOP',
  'EISDIR',
  'EINVAL',
  'E2BIG',
  'EIO',
  'ENAMETOOLONG',
]);

/** One entry that cannot be read hides no other. */
function summarizeReadable(context: StoreContext, cache: ListingCache, name: string): IdentitySummary | null {
  try {
    return summarize(context, cache, name);
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined || !ENTRY_FAULTS.has(code)) throw error;
    context.logger.debug('key store: an entry cannot be read', { name, code });
    return null;
  }
}

function summarize(context: StoreContext, cache: ListingCache, name: string): IdentitySummary | null {
  const paths = identityPathsIn(join(context.layout.identities, name), name);
  const key = fileStat(context, paths.key);
  const cert = key === null ? null : fileStat(context, paths.cert);
  if (key === null || cert === null) {
    cache.delete(name);
    return null;
  }
  const stamp = `${key.mtimeMs}:${key.size}:${cert.mtimeMs}:${cert.size}`;
  const cached = cache.get(name);
  if (cached?.stamp === stamp) return cached.summary;
  const summary = read(context, paths);
  cache.set(name, { stamp, summary });
  return summary;
}

function read(context: StoreContext, paths: IdentityPaths): IdentitySummary | null {
  const keyText = readTextIfPresent(context.files, paths.key);
  const certPem = readTextIfPresent(context.files, paths.cert);
  if (keyText === null || certPem === null) return null;
  const key = parseKeyFile(keyText);
  const usable = (key.kind === 'protected' || key.kind === 'plaintext') && parsed(certPem) !== null;
  if (!usable)
    context.logger.debug('key store: an entry is no usable identity', { directory: paths.directory });
  return usable ? { aid: paths.name, certPem } : null;
}

function fileStat(context: StoreContext, path: string): FileStat | null {
  const stat = statIfPresent(context.files, path);
  return stat?.kind === 'file' ? stat : null;
}
