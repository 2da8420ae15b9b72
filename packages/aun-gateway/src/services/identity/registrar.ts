import { type Clock, issuerOf } from 'aun-core';
import type { PublicKey } from 'aun-crypto';
import type { Authorities } from '../../ca/authorities.js';
import type { GroupCommit } from '../../store/group-commit.js';
import type { AidKind, CertRow, SupersededReason } from '../../store/tables/identity.js';
import { bareFingerprint, certRowOf } from './cert-row.js';
import type { IdentityEvents } from './identity-events.js';
import type { IdentityStore } from './identity-store.js';

export type Enrolment =
  | { readonly outcome: 'created' | 'repeated'; readonly row: CertRow }
  | { readonly outcome: 'conflict' };

export interface RegistrarDeps {
  readonly store: IdentityStore;
  readonly commit: GroupCommit;
  readonly authorities: Authorities;
  readonly events: IdentityEvents;
  readonly clock: Clock;
}

/** Issues, replaces and withdraws the certificates of AIDs; every change is one durable transaction. */
export class Registrar {
  readonly #deps: RegistrarDeps;

  constructor(deps: RegistrarDeps) {
    this.#deps = deps;
  }

  #now(): number {
    return Math.floor(this.#deps.clock.now() / 1000);
  }

  async #issue(aid: string, key: PublicKey, profile: 'agent' | 'group' = 'agent'): Promise<CertRow> {
    const issuer = issuerOf(aid);
    const cert = await this.#deps.authorities.require(issuer).issueAgent(aid, key, profile);
    return certRowOf(cert, aid, issuer, this.#now());
  }

  /** Registers a free name; the same key again gets its current certificate, another key a conflict (01 §8.1, §13). */
  async enrol(aid: string, key: PublicKey, kind: Exclude<AidKind, 'service'> = 'agent'): Promise<Enrolment> {
    const { store, commit, events } = this.#deps;
    const taken = this.#standing(aid, key);
    if (taken !== undefined) return taken;
    const row = await this.#issue(aid, key, kind);
    const enrolment = await commit.run((): Enrolment => {
      const raced = this.#standing(aid, key);
      if (raced !== undefined) return raced;
      store.addAid(aid, kind, row.created_at);
      store.addCertificate(row);
      return { outcome: 'created', row };
    });
    if (enrolment.outcome === 'created') events.emit('changed', aid);
    return enrolment;
  }

  #standing(aid: string, key: PublicKey): Enrolment | undefined {
    const { store } = this.#deps;
    if (store.aid(aid) === undefined) return undefined;
    const active = store.active(aid);
    const same = active !== undefined && active.spki_sha256 === bareFingerprint(key.fingerprint());
    return same ? { outcome: 'repeated', row: active } : { outcome: 'conflict' };
  }

  /**
   * A new certificate for `aid`; the active one becomes `verify_only` (01 §3.4). `alsoWrite` joins the transaction.
   * Undefined when the active certificate changed meanwhile: then somebody else's replacement stands.
   */
  async replace(
    before: CertRow,
    key: PublicKey,
    reason: SupersededReason,
    alsoWrite: () => void = () => {},
  ): Promise<CertRow | undefined> {
    const { store, commit, events } = this.#deps;
    const row = await this.#issue(before.aid, key);
    const done = await commit.run(() => {
      if (store.active(before.aid)?.serial !== before.serial) return false;
      store.supersede(before.serial, row.serial, reason);
      store.addCertificate(row);
      alsoWrite();
      return true;
    });
    if (!done) return undefined;
    events.emit('changed', before.aid);
    if (reason === 'rekey') events.emit('rekeyed', before.aid);
    return row;
  }

  /** Withdraws one certificate. Returns the row as it is now, or undefined for an unknown serial. */
  async revoke(serial: string, reason: string): Promise<CertRow | undefined> {
    const { store, commit, events } = this.#deps;
    const row = store.bySerial(serial);
    if (row === undefined || row.state === 'revoked') return row;
    await commit.run(() => store.revoke(serial, this.#now(), reason));
    events.emit('changed', row.aid);
    if (row.state === 'active_signing') events.emit('barred', row.aid, 'certificate revoked');
    return store.bySerial(serial);
  }

  /** Bars or readmits an AID. False when it is unknown. */
  async setSuspended(aid: string, suspended: boolean): Promise<boolean> {
    const { store, commit, events } = this.#deps;
    const known = await commit.run(() => store.setStatus(aid, suspended ? 'suspended' : 'active'));
    if (!known) return false;
    events.emit('changed', aid);
    if (suspended) events.emit('barred', aid, 'suspended');
    return true;
  }
}
