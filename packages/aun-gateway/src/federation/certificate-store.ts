import type { Database } from '../store/database.js';

/** A verified certificate of an agent of another domain, with its issuers. */
export interface KeptCertificate {
  readonly fingerprint: string;
  readonly pem: string;
  readonly chainPem: string;
  readonly verifiedAt: number;
}

/** What has been verified before: it serves when the other gateway is down. */
export interface CertificateStore {
  /** Newest first. */
  of(aid: string): KeptCertificate[];
  keep(aid: string, certificate: KeptCertificate): void;
  sweep(olderThan: number): void;
}

interface Row {
  cert_sha256: string;
  pem: string;
  chain: string;
  verified_at: number;
}

export const createCertificateStore = (db: Database): CertificateStore => {
  const find = db.statement<{ aid: string }, Row>((q, p) =>
    q
      .selectFrom('federation_certs')
      .select(['cert_sha256', 'pem', 'chain', 'verified_at'])
      .where('aid', '=', p.aid)
      .orderBy('verified_at', 'desc')
      .limit(8),
  );
  const keep = db.statement<{ aid: string; fingerprint: string; pem: string; chain: string; at: number }>(
    (q, p) =>
      q
        .insertInto('federation_certs')
        .values({
          aid: p.aid,
          cert_sha256: p.fingerprint,
          pem: p.pem,
          chain: p.chain,
          verified_at: p.at,
        })
        .onConflict((conflict) =>
          conflict.columns(['aid', 'cert_sha256']).doUpdateSet({ verified_at: p.at, chain: p.chain }),
        ),
  );
  const drop = db.statement<{ before: number }>((q, p) =>
    q.deleteFrom('federation_certs').where('verified_at', '<', p.before),
  );
  return {
    of: (aid) =>
      find.all({ aid }).map((row) => ({
        fingerprint: row.cert_sha256,
        pem: row.pem,
        chainPem: row.chain,
        verifiedAt: row.verified_at,
      })),
    keep: (aid, { chainPem, fingerprint, pem, verifiedAt }) =>
      void keep.run({ aid, fingerprint, pem, chain: chainPem, at: verifiedAt }),
    sweep: (before) => void drop.run({ before }),
  };
};
