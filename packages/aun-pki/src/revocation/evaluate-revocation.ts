import { type Result, resultErr, resultOk } from 'aun-core';
import type { Certificate } from '../certificate/certificate.js';
import type { ValidityOptions } from '../chain/validity.js';
import { parseCrl, revocationDate, verifyCrl, verifyCrlSignature } from './crl.js';
import { readCrlDocument, readOcspDocument } from './documents.js';
import { parseOcspResponse } from './ocsp.js';
import { verifyOcsp, verifyOcspSignature } from './verify-ocsp.js';

/** Bodies of the two status endpoints as parsed JSON; `undefined` or `null` when not fetched or not reachable. */
export interface RevocationEvidence {
  /** `GET /pki/crl.json`: `{ crl_pem, revoked_serials, next_update }` (01 §4.4). */
  readonly crl?: unknown;
  /** `GET /pki/ocsp/{serial}`: `{ status, ocsp_response }` (01 §4.5). */
  readonly ocsp?: unknown;
}

export interface RevocationOptions extends ValidityOptions {
  /** Demand a positive, verified and current answer from CRL or OCSP. Default false, as the public SDKs (01 §21). */
  readonly strictRevocation?: boolean | undefined;
}

/** `good`: at least one verified, current answer. `unknown`: none. `warnings` say what could not be used. */
export interface RevocationState {
  readonly status: 'good' | 'unknown';
  readonly warnings: readonly string[];
}

export type RevocationErrorCode = 'certificate_revoked' | 'revocation_unknown';

interface Judgement {
  readonly status: 'good' | 'revoked' | 'unknown';
  readonly warnings: readonly string[];
}

/**
 * Judges what CRL and OCSP say about a certificate. Only "revoked" is fatal; everything else becomes a warning
 * (01 §4.5), unless `strictRevocation` asks for a positive answer. Signed statements win over the plain JSON
 * members, which count only where no signature can be used; a signed revocation counts even when it is out of date.
 */
export function evaluateRevocation(
  certificate: Certificate,
  issuer: Certificate,
  evidence: RevocationEvidence,
  options: RevocationOptions,
): Result<RevocationState, RevocationErrorCode> {
  const judged = [
    judgeCrl(certificate, issuer, evidence.crl, options),
    judgeOcsp(certificate, issuer, evidence.ocsp, options),
  ];
  const name = certificate.commonName || certificate.fingerprint;
  if (judged.some(({ status }) => status === 'revoked')) {
    return resultErr(
      'certificate_revoked',
      `the certificate of ${name} (serial ${certificate.serialHex}) is revoked`,
    );
  }
  const warnings = judged.flatMap((judgement) => judgement.warnings);
  const status = judged.some((judgement) => judgement.status === 'good') ? 'good' : 'unknown';
  if (status === 'unknown' && options.strictRevocation === true) {
    return resultErr(
      'revocation_unknown',
      `the status of the certificate of ${name} is not known: ${warnings.join('; ')}`,
    );
  }
  return resultOk({ status, warnings });
}

function judgeCrl(
  certificate: Certificate,
  issuer: Certificate,
  json: unknown,
  options: ValidityOptions,
): Judgement {
  const document = readCrlDocument(json);
  if (document === undefined) return unknown('no CRL available');
  const parsed = parseCrl(document.crlPem);
  const signed = parsed.ok ? verifyCrlSignature(parsed.data, issuer) : parsed;
  if (!signed.ok) {
    const listed = document.revokedSerials.has(certificate.serialHex);
    return listed ? revoked : unknown(`no signed CRL: ${signed.error.message}`);
  }
  if (revocationDate(signed.data, certificate.serialHex) !== undefined) return revoked;
  const current = verifyCrl(signed.data, issuer, options);
  return current.ok ? good : unknown(current.error.message);
}

function judgeOcsp(
  certificate: Certificate,
  issuer: Certificate,
  json: unknown,
  options: ValidityOptions,
): Judgement {
  const document = readOcspDocument(json);
  if (document === undefined) return unknown('no OCSP answer available');
  const parsed = parseOcspResponse(document.response);
  const signed = parsed.ok ? verifyOcspSignature(parsed.data, certificate, issuer) : parsed;
  if (!parsed.ok || !signed.ok) {
    return document.status === 'revoked' ? revoked : unknown(signed.ok ? '' : signed.error.message);
  }
  if (signed.data.status === 'revoked') return revoked;
  const mismatch =
    document.status !== '' && document.status !== signed.data.status ? ['OCSP status mismatch'] : [];
  const current = verifyOcsp(parsed.data, certificate, issuer, options);
  if (!current.ok) return { status: 'unknown', warnings: [...mismatch, current.error.message] };
  if (current.data.status === 'unknown') {
    return { status: 'unknown', warnings: [...mismatch, 'the OCSP responder does not know the certificate'] };
  }
  return { status: 'good', warnings: mismatch };
}

const good: Judgement = { status: 'good', warnings: [] };
const revoked: Judgement = { status: 'revoked', warnings: [] };

function unknown(warning: string): Judgement {
  return { status: 'unknown', warnings: [warning] };
}
