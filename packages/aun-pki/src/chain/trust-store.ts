import { hexEncode, sha256, utf8Encode } from 'aun-crypto';
import type { Certificate } from '../certificate/certificate.js';
import { readableCertificates } from '../certificate/pem-bundle.js';

/**
 * An immutable set of trusted roots. Compared by content: `id` is the same for the same certificates in any order.
 *
 * @example
 * const roots = TrustStore.fromPem(rootCrtText);
 */
export class TrustStore {
  /** Hash over the fingerprints of the set; part of the key of chain caches. */
  readonly id: string;
  readonly certificates: readonly Certificate[];
  readonly #fingerprints: ReadonlySet<string>;

  constructor(certificates: Iterable<Certificate>) {
    const byFingerprint = new Map<string, Certificate>();
    for (const certificate of certificates) byFingerprint.set(certificate.fingerprint, certificate);
    this.certificates = Object.freeze([...byFingerprint.values()]);
    this.#fingerprints = new Set(byFingerprint.keys());
    this.id = hexEncode(sha256(utf8Encode([...byFingerprint.keys()].sort().join('\n'))));
  }

  /** All certificates of one or more PEM texts; unparsable blocks are skipped (01 §5.1). */
  static fromPem(...texts: readonly string[]): TrustStore {
    return new TrustStore(texts.flatMap(readableCertificates));
  }

  get size(): number {
    return this.certificates.length;
  }

  /** DER equality, by SHA-256. */
  has(certificate: Certificate): boolean {
    return this.#fingerprints.has(certificate.fingerprint);
  }

  /** A store with these certificates as well. */
  with(certificates: Iterable<Certificate>): TrustStore {
    return new TrustStore([...this.certificates, ...certificates]);
  }
}

/** What functions accept as trusted roots. */
export type TrustedRoots = TrustStore | readonly Certificate[];

export function toTrustStore(roots: TrustedRoots): TrustStore {
  return roots instanceof TrustStore ? roots : new TrustStore(roots);
}
