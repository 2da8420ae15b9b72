import type { Database } from '../../store/database.js';
import type { AidKind, AidRow, AidStatus, CertRow, SupersededReason } from '../../store/tables/identity.js';

const statements = (db: Database) => ({
  aid: db.statement<{ aid: string }, AidRow>((q, p) =>
    q.selectFrom('aids').selectAll().where('aid', '=', p.aid),
  ),
  insertAid: db.statement<AidRow>((q, p) =>
    q.insertInto('aids').values({ aid: p.aid, kind: p.kind, status: p.status, created_at: p.created_at }),
  ),
  setStatus: db.statement<{ aid: string; status: AidStatus }>((q, p) =>
    q.updateTable('aids').set({ status: p.status }).where('aid', '=', p.aid),
  ),
  active: db.statement<{ aid: string; curve: string }, CertRow>((q, p) =>
    q
      .selectFrom('certs')
      .selectAll()
      .where('aid', '=', p.aid)
      .where('curve', '=', p.curve)
      .where('state', '=', 'active_signing'),
  ),
  ofAid: db.statement<{ aid: string }, CertRow>((q, p) =>
    q
      .selectFrom('certs')
      .selectAll()
      .where('aid', '=', p.aid)
      .orderBy('created_at', 'desc')
      .orderBy('serial'),
  ),
  bySerial: db.statement<{ serial: string }, CertRow>((q, p) =>
    q.selectFrom('certs').selectAll().where('serial', '=', p.serial),
  ),
  byKey: db.statement<{ spki: string }, { aid: string }>((q, p) =>
    q.selectFrom('certs').select('aid').distinct().where('spki_sha256', '=', p.spki),
  ),
  insertCert: db.statement<CertRow>((q, p) =>
    q.insertInto('certs').values({
      serial: p.serial,
      issuer: p.issuer,
      aid: p.aid,
      spki_sha256: p.spki_sha256,
      cert_sha256: p.cert_sha256,
      pem: p.pem,
      curve: p.curve,
      state: p.state,
      not_before: p.not_before,
      not_after: p.not_after,
      superseded_by: p.superseded_by,
      superseded_reason: p.superseded_reason,
      revoked_at: p.revoked_at,
      reason: p.reason,
      created_at: p.created_at,
    }),
  ),
  supersede: db.statement<{ serial: string; by: string; reason: SupersededReason }>((q, p) =>
    q
      .updateTable('certs')
      .set({ state: 'verify_only', superseded_by: p.by, superseded_reason: p.reason })
      .where('serial', '=', p.serial),
  ),
  revoke: db.statement<{ serial: string; at: number; reason: string }>((q, p) =>
    q
      .updateTable('certs')
      .set({ state: 'revoked', revoked_at: p.at, reason: p.reason })
      .where('serial', '=', p.serial),
  ),
  suspended: db.statement<object, { aid: string }>((q) =>
    q.selectFrom('aids').select('aid').where('status', '=', 'suspended'),
  ),
  revokedSince: db.statement<{ since: number }, { aid: string }>((q, p) =>
    q
      .selectFrom('certs')
      .select('aid')
      .distinct()
      .where('state', '=', 'revoked')
      .where('revoked_at', '>=', p.since),
  ),
  revoked: db.statement<{ issuer: string }, CertRow>((q, p) =>
    q
      .selectFrom('certs')
      .selectAll()
      .where('issuer', '=', p.issuer)
      .where('state', '=', 'revoked')
      .orderBy('revoked_at'),
  ),
});

/** AIDs and their certificates (01 §19.2). Synchronous; callers group writes in one transaction. */
export class IdentityStore {
  readonly #run: ReturnType<typeof statements>;

  constructor(db: Database) {
    this.#run = statements(db);
  }

  aid(aid: string): AidRow | undefined {
    return this.#run.aid.get({ aid });
  }

  addAid(aid: string, kind: AidKind, createdAt: number): void {
    this.#run.insertAid.run({ aid, kind, status: 'active', created_at: createdAt });
  }

  setStatus(aid: string, status: AidStatus): boolean {
    return this.#run.setStatus.run({ aid, status }).changes > 0;
  }

  /** The certificate that plain `/pki/cert/{aid}` serves: always P-256 (01 §12.3). */
  active(aid: string, curve = 'P-256'): CertRow | undefined {
    return this.#run.active.get({ aid, curve });
  }

  /** All certificates of an AID, newest first. */
  certificates(aid: string): CertRow[] {
    return this.#run.ofAid.all({ aid });
  }

  bySerial(serial: string): CertRow | undefined {
    return this.#run.bySerial.get({ serial });
  }

  /** AIDs that have or had this key. */
  keyOwners(spkiSha256: string): string[] {
    return this.#run.byKey.all({ spki: spkiSha256 }).map((row) => row.aid);
  }

  addCertificate(row: CertRow): void {
    this.#run.insertCert.run(row);
  }

  supersede(serial: string, by: string, reason: SupersededReason): void {
    this.#run.supersede.run({ serial, by, reason });
  }

  revoke(serial: string, at: number, reason: string): void {
    this.#run.revoke.run({ serial, at, reason });
  }

  revokedOf(issuer: string): CertRow[] {
    return this.#run.revoked.all({ issuer });
  }

  /** AIDs that are suspended, or lost a certificate since `since` (Unix seconds) and have no active one. */
  barredSince(since: number): { readonly aid: string; readonly reason: string }[] {
    const suspended = this.#run.suspended.all({}).map(({ aid }) => ({ aid, reason: 'suspended' }));
    const revoked = this.#run.revokedSince
      .all({ since })
      .filter(({ aid }) => this.active(aid) === undefined)
      .map(({ aid }) => ({ aid, reason: 'certificate revoked' }));
    return [...suspended, ...revoked];
  }
}
