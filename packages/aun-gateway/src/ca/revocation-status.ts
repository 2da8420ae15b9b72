import type { Clock } from 'aun-core';
import { normalizeSerial } from 'aun-pki';
import {
  buildCrl,
  buildOcspResponse,
  type CrlJson,
  type OcspJson,
  type RevocationReason,
} from 'aun-pki/issue';
import { LRUCache } from 'lru-cache';
import type { IdentityEvents } from '../services/identity/identity-events.js';
import type { IdentityStore } from '../services/identity/identity-store.js';
import type { CertRow } from '../store/tables/identity.js';
import type { Authorities } from './authorities.js';
import type { IssuerAuthority } from './issuer-authority.js';

const cacheMs = 60_000;

/** Reasons an operator may give (RFC 5280). */
export const revocationReasons = [
  'unspecified',
  'keyCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'privilegeWithdrawn',
] as const satisfies readonly RevocationReason[];

const toReason = (text: string | null): RevocationReason =>
  revocationReasons.find((reason) => reason === text) ?? 'unspecified';

const revokedAt = (row: CertRow): Date => new Date((row.revoked_at ?? row.created_at) * 1000);

/** Answers for `/pki/crl.json` and `/pki/ocsp/{serial}` (01 §4.4, §4.5); signed on demand, kept for a minute. */
export class RevocationStatus {
  readonly #store: IdentityStore;
  readonly #authorities: Authorities;
  readonly #clock: Clock;
  readonly #crls = new Map<string, { readonly crl: CrlJson; readonly madeAt: number }>();
  readonly #ocsp = new LRUCache<string, { readonly answer: Promise<OcspJson>; readonly madeAt: number }>({
    max: 5000,
  });

  constructor(deps: {
    store: IdentityStore;
    authorities: Authorities;
    events: IdentityEvents;
    clock: Clock;
  }) {
    this.#store = deps.store;
    this.#authorities = deps.authorities;
    this.#clock = deps.clock;
    deps.events.on('changed', () => this.forget());
  }

  /** Drops all kept answers. */
  forget(): void {
    this.#crls.clear();
    this.#ocsp.clear();
  }

  crl(issuer: string): CrlJson {
    const now = this.#clock.now();
    const kept = this.#crls.get(issuer);
    if (kept !== undefined && now - kept.madeAt < cacheMs) return kept.crl;
    const entries = this.#store.revokedOf(issuer).map((row) => ({
      serialHex: row.serial,
      revokedAt: revokedAt(row),
      reason: toReason(row.reason),
    }));
    const crl = buildCrl(this.#authorities.require(issuer).hierarchy.issuer, { entries, clock: this.#clock });
    this.#crls.set(issuer, { crl, madeAt: now });
    return crl;
  }

  /**
   * `good` also for superseded certificates, so that old signatures verify (01 §3.4); only for what the Issuer CA has
   * issued itself: agents, groups and the auth service (01 §4.5).
   */
  ocsp(serialText: string): Promise<OcspJson> {
    const serial = normalizeSerial(serialText.slice(0, 128));
    const now = this.#clock.now();
    const key = serial ?? '';
    const kept = this.#ocsp.get(key);
    if (kept !== undefined && now - kept.madeAt < cacheMs) return kept.answer;
    const answer = this.#judge(serial);
    this.#ocsp.set(key, { answer, madeAt: now });
    return answer;
  }

  #judge(serial: string | undefined): Promise<OcspJson> {
    const row = serial === undefined ? undefined : this.#store.bySerial(serial);
    const authority: IssuerAuthority | undefined =
      row !== undefined
        ? this.#authorities.get(row.issuer)
        : this.#authorities.withAuthCertificate(serial ?? '');
    const clock = this.#clock;
    if (serial === undefined || authority === undefined) {
      const ca = this.#authorities.first.hierarchy.issuer;
      return buildOcspResponse(ca, { serialHex: '00', status: 'unknown', clock });
    }
    const ca = authority.hierarchy.issuer;
    return row?.state === 'revoked'
      ? buildOcspResponse(ca, { serialHex: serial, status: 'revoked', revokedAt: revokedAt(row), clock })
      : buildOcspResponse(ca, { serialHex: serial, status: 'good', clock });
  }
}
