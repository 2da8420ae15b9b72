import { type Result, resultErr, resultOk } from 'aun-core';
import type { Certificate } from '../certificate/certificate.js';
import { checkFingerprint, checkSubject } from '../certificate/check-subject.js';
import {
  evaluateRevocation,
  type RevocationErrorCode,
  type RevocationEvidence,
  type RevocationState,
} from '../revocation/evaluate-revocation.js';
import type { VerifiedChain } from './chain-cache.js';
import { type ChainErrorCode, type ChainOptions, verifyChain } from './verify-chain.js';

export type CertificateErrorCode =
  | ChainErrorCode
  | RevocationErrorCode
  | 'not_a_leaf'
  | 'cn_mismatch'
  | 'fingerprint_format'
  | 'fingerprint_mismatch';

export interface CertificateCheck extends ChainOptions {
  /** Certificates of `GET /pki/chain`, issuer CA first, root last. */
  readonly chain: readonly Certificate[];
  /** What CRL and OCSP said. Omitted: revocation is not judged at all. */
  readonly revocation?: RevocationEvidence | undefined;
  /** Fail unless CRL or OCSP gave a positive answer (01 §21). */
  readonly strictRevocation?: boolean | undefined;
}

export interface PeerCertificateCheck extends CertificateCheck {
  /** The AID the certificate must belong to. */
  readonly expectedAid: string;
  /** The fingerprint it was asked for by, if any (01 §14). */
  readonly fingerprint?: string | undefined;
}

export interface AuthCertificateCheck extends CertificateCheck {
  /** Issuer whose auth service is expected; another CN gives a warning only (01 §9.1). */
  readonly issuer?: string | undefined;
}

/** A certificate that passed, with its issuers and what could not be found out. */
export interface VerifiedCertificate extends VerifiedChain {
  readonly certificate: Certificate;
  readonly revocation: RevocationState | undefined;
  readonly warnings: readonly string[];
}

/**
 * Verifies the certificate of a peer, or a renewed one of our own (01 §3.2, §14): chain to a trusted root, revocation,
 * CN = AID, and the requested fingerprint. The code of the error says which check failed.
 */
export function verifyPeerCertificate(
  certificate: Certificate,
  check: PeerCertificateCheck,
): Result<VerifiedCertificate, CertificateErrorCode> {
  if (check.fingerprint !== undefined) {
    const matching = checkFingerprint(certificate, check.fingerprint);
    if (!matching.ok) return matching;
  }
  const verified = verifyLeaf(certificate, check);
  if (!verified.ok) return verified;
  const named = checkSubject(certificate, check.expectedAid);
  return named.ok ? verified : named;
}

/**
 * Verifies the certificate of the auth service as presented in `auth.aid_login1` (01 §9.1). Its CN is not part of the
 * verdict: an unexpected one is a warning.
 */
export function verifyAuthCertificate(
  certificate: Certificate,
  check: AuthCertificateCheck,
): Result<VerifiedCertificate, CertificateErrorCode> {
  const verified = verifyLeaf(certificate, check);
  if (!verified.ok || check.issuer === undefined) return verified;
  const expected = `auth.${check.issuer.toLowerCase()}`;
  if (certificate.subjectCommonName.toLowerCase() === expected) return verified;
  const warning = `the auth certificate names ${certificate.commonName || 'nobody'} instead of ${expected}`;
  return resultOk({ ...verified.data, warnings: [...verified.data.warnings, warning] });
}

function verifyLeaf(
  certificate: Certificate,
  check: CertificateCheck,
): Result<VerifiedCertificate, CertificateErrorCode> {
  const leaf = checkLeaf(certificate);
  if (!leaf.ok) return leaf;
  const chained = verifyChain(certificate, check.chain, check);
  if (!chained.ok) return chained;
  const issuer = chained.data.chain[0];
  if (issuer === undefined) return resultErr('chain_empty', 'missing CA chain');
  if (check.revocation === undefined && check.strictRevocation !== true) {
    return resultOk({ ...chained.data, certificate, revocation: undefined, warnings: [] });
  }
  const status = evaluateRevocation(certificate, issuer, check.revocation ?? {}, check);
  if (!status.ok) return status;
  return resultOk({ ...chained.data, certificate, revocation: status.data, warnings: status.data.warnings });
}

/** An end entity: no CA, and allowed to sign if its key usages are stated. */
function checkLeaf(certificate: Certificate): Result<Certificate, 'not_a_leaf' | 'key_usage'> {
  const name = certificate.commonName || certificate.fingerprint;
  if (certificate.isCa)
    return resultErr('not_a_leaf', `${name} is a CA certificate, not that of an agent or service`);
  if (certificate.keyUsage !== undefined && !certificate.keyUsage.includes('digitalSignature')) {
    return resultErr('key_usage', `${name} must not sign: key usage lacks digitalSignature`);
  }
  return resultOk(certificate);
}
