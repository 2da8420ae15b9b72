import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, isJsonObject, type JsonObject } from 'aun-core';
import { type Certificate, signTrustList } from 'aun-pki';
import type { CertificateAuthority } from 'aun-pki/issue';
import { writeFileAtomic } from './custody/atomic-file.js';
import { caFolder } from './layout.js';

const validityMs = 31 * 86_400_000;
const renewBeforeMs = 15 * 86_400_000;

/** A root and the issuer it stands for. */
export interface TrustedRoot {
  readonly issuer: string;
  readonly root: Certificate;
}

const isoSeconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');

const rootEntry = ({ issuer, root }: TrustedRoot): JsonObject => ({
  id: issuer,
  name: root.commonName,
  organization: issuer,
  certificate: root.pem,
  fingerprint_sha256: root.fingerprint.slice('sha256:'.length),
  valid_from: isoSeconds(root.notBefore.getTime()),
  valid_until: isoSeconds(root.notAfter.getTime()),
  added_at: isoSeconds(root.notBefore.getTime()),
  status: 'active',
});

const sign = (list: JsonObject, authority: CertificateAuthority): JsonObject => ({
  ...list,
  authority_signature: signTrustList(list, authority.privateKey),
});

const readStored = (file: string): JsonObject | undefined => {
  if (!existsSync(file)) return undefined;
  const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return isJsonObject(value) ? value : undefined;
};

const fingerprintsOf = (list: JsonObject): string =>
  (Array.isArray(list.root_cas) ? list.root_cas : [])
    .map((entry) => (isJsonObject(entry) ? String(entry.fingerprint_sha256) : ''))
    .sort()
    .join();

/**
 * The signed list of all roots this gateway stands for (01 §5.2). Kept on disk: the version only grows when the roots
 * change, and a list that is about to run out is signed again.
 */
export const openTrustList = (options: {
  readonly dataDir: string;
  readonly roots: readonly TrustedRoot[];
  readonly authority: CertificateAuthority;
  readonly clock: Clock;
}): JsonObject => {
  const { authority, clock, roots } = options;
  const file = join(caFolder(options.dataDir), 'trust-roots.json');
  const now = clock.now();
  const entries = roots.map(rootEntry);
  const stored = readStored(file);
  const version = typeof stored?.version === 'number' ? stored.version : 0;
  const sameRoots = stored !== undefined && fingerprintsOf(stored) === fingerprintsOf({ root_cas: entries });
  if (sameRoots && Date.parse(String(stored.next_update)) - now > renewBeforeMs) return stored;
  const list = sign(
    {
      version: sameRoots ? version : version + 1,
      issued_at: isoSeconds(now),
      next_update: isoSeconds(now + validityMs),
      root_cas: entries,
    },
    authority,
  );
  writeFileAtomic(file, `${JSON.stringify(list, null, 2)}\n`, 0o644);
  return list;
};
