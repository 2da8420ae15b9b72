import { type Clock, type Result, resultErr, resultOk } from 'aun-core';
import { type Certificate, parseCertificate, verifyPeerCertificate } from 'aun-pki';
import type { PeerList } from './peer-list.js';
import type { PeerPki } from './peer-pki.js';

const SKEW_SECONDS = 300;
/** A hello has to be answered in five seconds, whatever the peer's PKI does. */
const CRL_WAIT_MS = 2_000;

/** Judges certificates that stand for another issuer: its gateway, its agents. */
export interface PeerTrust {
  /** Chain to a root trusted for this issuer, dates, name, and a revocation if one is known. */
  verify(
    certificate: Certificate,
    chain: readonly Certificate[],
    expected: { readonly issuer: string; readonly aid: string },
  ): Promise<Result<Certificate, 'certificate_refused'>>;
  /** The same for PEM texts of a hello. */
  verifyPem(
    pem: string,
    chainPems: readonly string[],
    expected: { readonly issuer: string; readonly aid: string },
  ): Promise<Result<Certificate, 'certificate_refused'>>;
}

const refused = (why: string) => resultErr('certificate_refused', why);

export const createPeerTrust = (deps: {
  readonly peers: PeerList;
  readonly pki: PeerPki;
  readonly clock: Clock;
}): PeerTrust => {
  const crlInTime = (issuer: string): Promise<unknown> =>
    new Promise((resolve) => {
      const timer = deps.clock.setTimeout(() => resolve(undefined), CRL_WAIT_MS, { background: true });
      void deps.pki.crl(issuer).then((crl) => {
        deps.clock.clearTimeout(timer);
        resolve(crl);
      });
    });

  const verify: PeerTrust['verify'] = async (certificate, chain, { issuer, aid }) => {
    const { pinned, store } = deps.peers.roots(issuer);
    if (store.size === 0) return refused(`no root is trusted for ${issuer}`);
    const judge = (revocation?: { readonly crl: unknown }) =>
      verifyPeerCertificate(certificate, {
        chain,
        roots: store,
        expectedAid: aid,
        now: deps.clock.now(),
        skewSeconds: SKEW_SECONDS,
        ...(revocation === undefined ? {} : { revocation }),
      });
    const verdict = judge();
    if (!verdict.ok) return refused(verdict.error.message);
    // A shared root stands for many issuers: only the Issuer CA of this one may speak for it (01 §3.1).
    const signer = chain[0]?.commonName.toLowerCase() ?? '';
    if (!pinned && signer !== issuer) return refused(`${aid} was certified by ${signer}, not by ${issuer}`);
    // Nobody is asked about a certificate that fails anyway; unknown status is no fault (01 §4.5).
    const current = judge({ crl: await crlInTime(issuer) });
    return current.ok ? resultOk(certificate) : refused(current.error.message);
  };
  return {
    verify,
    async verifyPem(pem, chainPems, expected) {
      const parsed = [pem, ...chainPems].map((text) => parseCertificate(text));
      const broken = parsed.find((result) => !result.ok);
      if (broken !== undefined && !broken.ok) return refused(broken.error.message);
      const [leaf, ...chain] = parsed.flatMap((result) => (result.ok ? [result.data] : []));
      return leaf === undefined ? refused('no certificate') : verify(leaf, chain, expected);
    },
  };
};
