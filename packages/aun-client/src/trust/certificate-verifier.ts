import type { Clock, Logger, Result } from 'aun-core';
import {
  type Certificate,
  type CertificateCheck,
  type CertificateErrorCode,
  ChainCache,
  type VerifiedCertificate,
  verifyAuthCertificate,
  verifyPeerCertificate,
} from 'aun-pki';
import type { PkiClient } from './pki-client.js';
import type { TrustAnchors } from './trust-anchors.js';

type Verdict = Result<VerifiedCertificate, CertificateErrorCode>;

/** Failures that a changed CA chain on the server can explain. */
export const CHAIN_TROUBLE: ReadonlySet<string> = new Set([
  'issuer_mismatch',
  'key_identifier_mismatch',
  'signature_invalid',
  'not_anchored',
  'certificate_expired',
]);

/** Verifies certificates against the chain and revocation data of the gateway that vouches for them (01 §3.2). */
export class CertificateVerifier {
  readonly #pki: PkiClient;
  readonly #anchors: TrustAnchors;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #strictRevocation: boolean;
  readonly #verified = new ChainCache();

  constructor(pki: PkiClient, anchors: TrustAnchors, clock: Clock, logger: Logger, strictRevocation = false) {
    this.#pki = pki;
    this.#anchors = anchors;
    this.#clock = clock;
    this.#logger = logger;
    this.#strictRevocation = strictRevocation;
  }

  /** The certificate of an agent or group, asked for by AID and perhaps by fingerprint. Rejects on network failure. */
  async peer(
    certificate: Certificate,
    aid: string,
    gatewayUrl: string,
    fingerprint?: string,
  ): Promise<Verdict> {
    return this.#judge(certificate, gatewayUrl, (check) =>
      verifyPeerCertificate(certificate, {
        ...check,
        expectedAid: aid,
        ...(fingerprint === undefined ? {} : { fingerprint }),
      }),
    );
  }

  /**
   * The certificate of an agent of another domain, with the chain that our own gateway passes on. It has to end in a root
   * that we trust like any other; about revocation our gateway cannot speak. Null when it knows no chain.
   */
  async passedOn(
    certificate: Certificate,
    aid: string,
    ownGatewayUrl: string,
    fingerprint?: string,
  ): Promise<Verdict | null> {
    const chain = await this.#pki.chainOf(ownGatewayUrl, aid);
    if (chain === null) return null;
    const verdict = verifyPeerCertificate(certificate, {
      chain,
      roots: this.#anchors.roots,
      now: this.#clock.now(),
      cache: this.#verified,
      revocation: {},
      strictRevocation: this.#strictRevocation,
      expectedAid: aid,
      ...(fingerprint === undefined ? {} : { fingerprint }),
    });
    return this.#logged(verdict);
  }

  /** The certificate with which a gateway proved itself at login. */
  async auth(certificate: Certificate, issuer: string, gatewayUrl: string): Promise<Verdict> {
    return this.#judge(certificate, gatewayUrl, (check) =>
      verifyAuthCertificate(certificate, { ...check, issuer }),
    );
  }

  async #judge(
    certificate: Certificate,
    gatewayUrl: string,
    judge: (check: CertificateCheck) => Verdict,
  ): Promise<Verdict> {
    const first = judge(await this.#check(certificate, gatewayUrl));
    if (!first.ok && first.error.code === 'revocation_unknown') {
      this.#pki.forgetStatus(gatewayUrl, certificate.serialHex);
    }
    if (first.ok || !CHAIN_TROUBLE.has(first.error.code)) return this.#logged(first);
    this.#pki.forgetChain(gatewayUrl);
    return this.#logged(judge(await this.#check(certificate, gatewayUrl)));
  }

  async #check(certificate: Certificate, gatewayUrl: string): Promise<CertificateCheck> {
    const [chain, crl, ocsp] = await Promise.all([
      this.#pki.chain(gatewayUrl),
      this.#pki.crl(gatewayUrl),
      this.#pki.ocsp(gatewayUrl, certificate.serialHex),
    ]);
    return {
      chain,
      roots: this.#anchors.roots,
      now: this.#clock.now(),
      cache: this.#verified,
      revocation: { crl, ocsp },
      strictRevocation: this.#strictRevocation,
    };
  }

  #logged(verdict: Verdict): Verdict {
    if (verdict.ok)
      for (const warning of verdict.data.warnings) this.#logger.debug('certificate', { warning });
    return verdict;
  }
}
