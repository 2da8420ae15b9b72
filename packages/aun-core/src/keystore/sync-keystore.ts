import type { ChangeSeedOptions } from './keystore.js';
import type { IdentitySummary, KeyPairRecord } from './records.js';

/** Synchronous twins that Node stores add for `load`, `list`, `changeSeed` and `importGroupIdentity` (08 §11). */
export interface SyncKeyStore {
  deviceIdSync(): string;
  loadKeyPairSync(aid: string): KeyPairRecord | null;
  saveKeyPairSync(aid: string, keyPair: KeyPairRecord): void;
  loadPreviousKeyPairsSync(aid: string, limit: number): readonly KeyPairRecord[];
  listIdentitiesSync(): readonly IdentitySummary[];
  changeSeedSync(oldSeed: string, newSeed: string, options?: ChangeSeedOptions): number;
  loadCertSync(aid: string, fingerprint?: string): string | null;
  saveCertSync(aid: string, certPem: string, options?: { readonly active?: boolean }): void;
  loadTrustBundleSync(): readonly string[];
  /** Finishes a rekey whose answer arrived but whose promotion did not: true if a pending key fits the certificate. */
  repairKeyPairSync(aid: string): boolean;
}
