import { type Clock, issuerOf } from 'aun-core';
import { normalizeFingerprint, parseCertificate } from 'aun-pki';
import { LRUCache } from 'lru-cache';
import type { Authorities } from '../../ca/authorities.js';
import type { AidCertificate, AidDirectory } from '../../ports.js';
import type { CertRow } from '../../store/tables/identity.js';
import type { IdentityEvents } from './identity-events.js';
import type { IdentityStore } from './identity-store.js';

const skewSeconds = 300;

/**
 * True when the certificate may stand behind new signatures: active, or superseded by renewals of a key that is still
 * the AID's. A later rekey, or the end of the active certificate, ends all earlier ones of the old key (01 §3.4).
 */
export const maySign = (row: CertRow, active: CertRow | undefined): boolean =>
  row.state === 'active_signing' || (row.state === 'verify_only' && row.spki_sha256 === active?.spki_sha256);

interface CachedCertificate extends AidCertificate {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Looks up AIDs and certificates for the other parts of the gateway; answers are kept until the AID changes. */
export class Directory implements AidDirectory {
  readonly #store: IdentityStore;
  readonly #authorities: Authorities;
  readonly #clock: Clock;
  readonly #cache = new LRUCache<string, ReadonlyMap<string, CachedCertificate>>({ max: 10_000 });
  /** AIDs that exist: they are never deleted. */
  readonly #known = new LRUCache<string, true>({ max: 50_000 });

  constructor(deps: {
    store: IdentityStore;
    authorities: Authorities;
    events: IdentityEvents;
    clock: Clock;
  }) {
    this.#store = deps.store;
    this.#authorities = deps.authorities;
    this.#clock = deps.clock;
    deps.events.on('changed', (aid) => this.#cache.delete(aid));
  }

  /** Drops everything kept: the database was changed from outside. */
  forget(): void {
    this.#cache.clear();
    this.#known.clear();
  }

  exists(aid: string): boolean {
    if (this.#known.has(aid)) return true;
    const exists = this.#store.aid(aid) !== undefined;
    if (exists) this.#known.set(aid, true);
    return exists;
  }

  /** The AID is registered, not suspended, and has a certificate that was not revoked. */
  isActive(aid: string): boolean {
    return this.#store.aid(aid)?.status === 'active' && this.#store.active(aid) !== undefined;
  }

  certificate(aid: string): AidCertificate | null {
    return this.#signers(aid).get('active') ?? null;
  }

  /** A certificate that may stand behind signatures made now, by its full fingerprint (01 §15.4). */
  certificateByFingerprint(aid: string, fingerprint: string): AidCertificate | null {
    const found = this.#signers(aid).get(fingerprint.toLowerCase());
    if (found === undefined) return null;
    const now = this.#clock.now() / 1000;
    return now >= found.notBefore - skewSeconds && now <= found.notAfter + skewSeconds ? found : null;
  }

  isRevoked(aid: string, fingerprint: string): boolean {
    return this.publishedByFingerprint(aid, fingerprint)?.state === 'revoked';
  }

  #signers(aid: string): ReadonlyMap<string, CachedCertificate> {
    const cached = this.#cache.get(aid);
    if (cached !== undefined) return cached;
    const signers = new Map<string, CachedCertificate>();
    if (this.#store.aid(aid)?.status === 'active') {
      const active = this.#store.active(aid);
      for (const row of this.#store.certificates(aid)) {
        if (!maySign(row, active)) continue;
        const certificate = this.#toCertificate(row);
        signers.set(certificate.certFingerprint, certificate);
        if (row.state === 'active_signing' && row.curve === 'P-256') signers.set('active', certificate);
      }
    }
    this.#cache.set(aid, signers);
    return signers;
  }

  #toCertificate(row: CertRow): CachedCertificate {
    const parsed = parseCertificate(row.pem);
    if (!parsed.ok)
      throw new Error(`the stored certificate ${row.serial} is damaged: ${parsed.error.message}`);
    return {
      certPem: row.pem,
      certFingerprint: parsed.data.fingerprint,
      spkiDer: parsed.data.spkiDer,
      chainPems: this.#authorities.get(issuerOf(row.aid))?.chain.map((cert) => cert.pem) ?? [],
      notBefore: row.not_before,
      notAfter: row.not_after,
    };
  }

  /** What plain `/pki/cert/{aid}` serves; also for suspended AIDs (01 §3.4). */
  published(aid: string): CertRow | undefined {
    return this.#store.active(aid);
  }

  /** `/pki/cert/{aid}?cert_fingerprint=`: any state, certificate or key, 64 or 16 digits, newest first (01 §4). */
  publishedByFingerprint(aid: string, text: string): CertRow | undefined {
    const wanted = normalizeFingerprint(text);
    if (wanted === '') return undefined;
    const rows = this.#store.certificates(aid);
    return (
      rows.find((row) => row.cert_sha256.startsWith(wanted)) ??
      rows.find((row) => row.state === 'active_signing' && row.spki_sha256.startsWith(wanted)) ??
      rows.find((row) => row.spki_sha256.startsWith(wanted))
    );
  }
}
