import { ErrorCodes, type Result, resultErr, resultOk, systemClock } from 'aun-core';
import { base64Decode, CryptoError, utf8Encode, verifyDer } from 'aun-crypto';
import { type Certificate, checkValidity, isShortFingerprint } from 'aun-pki';
import { AgentMdError } from './agent-md-error.js';
import {
  type CertificateInput,
  certMatchesFingerprint,
  publicKeyMatchesFingerprint,
  toCertificate,
} from './certificate-input.js';
import type { AgentMdContent } from './content.js';
import { extractAgentMdAid } from './frontmatter-aid.js';
import { type ParsedAgentMd, parseAgentMd, type SignatureFields } from './parse.js';

/** Outcome of a verification, as in 07 §4 and 09 §2.4. */
export interface VerifyResult {
  readonly status: 'verified' | 'invalid' | 'unsigned';
  /** The document without its signature block. */
  readonly payload: string;
  readonly aid?: string;
  /** As written in the block. */
  readonly cert_fingerprint?: string;
  /** As written in the block, `''` if absent. */
  readonly public_key_fingerprint?: string;
  /** Unix seconds as written; not covered by the signature. */
  readonly timestamp?: number;
  /** Why the status is `invalid`. */
  readonly reason?: string;
  /** `weak_fingerprint`: a fingerprint has only 16 digits. Absent when there is nothing to warn of. */
  readonly warnings?: readonly string[];
}

export type VerifyErrorCode = 'CERT_PARSE_ERROR' | 'CERT_NOT_VALID' | 'VERIFICATION_OPERATION_ERROR';

export interface VerifyOptions {
  /** Milliseconds since the epoch at which the certificate must be valid. Default: the system clock. */
  readonly now?: number | undefined;
  /** Clock tolerance for the certificate in seconds. Default 0 (07 §4). */
  readonly skewSeconds?: number | undefined;
  /** The caller's own verdict on the certificate, e.g. `AID.isCertValid()`; replaces the look at the dates. */
  readonly certValid?: boolean | undefined;
}

/**
 * Verifies a document against the certificate of `aid` (09 §2.4). The chain of the certificate is not judged here:
 * pass one that was verified. A wrong or missing signature, or a certificate of another agent, is a status, not an
 * error; errors are `CERT_PARSE_ERROR`, `CERT_NOT_VALID` (expired, not yet valid, or the caller's verdict) and
 * `VERIFICATION_OPERATION_ERROR` (bytes that are not UTF-8).
 *
 * @example
 * const result = verifyAgentMd(text, certPem, 'nora.example.test');
 * if (result.ok) console.log(result.data.status, result.data.reason);
 */
export function verifyAgentMd(
  content: AgentMdContent,
  certificate: CertificateInput,
  aid: string,
  options: VerifyOptions = {},
): Result<VerifyResult, VerifyErrorCode> {
  try {
    const parsedCertificate = toCertificate(certificate);
    const refused = refuseCertificate(parsedCertificate, options);
    if (refused !== undefined) return resultErr(ErrorCodes.CERT_NOT_VALID, refused);
    return resultOk(judge(parseAgentMd(content), parsedCertificate, aid));
  } catch (error) {
    if (error instanceof AgentMdError && error.code === 'CERT_PARSE_ERROR') {
      return resultErr(ErrorCodes.CERT_PARSE_ERROR, error.message, error);
    }
    if (error instanceof CryptoError) {
      return resultErr(ErrorCodes.VERIFICATION_OPERATION_ERROR, `agent.md: ${error.message}`, error);
    }
    throw error;
  }
}

/** Why the certificate cannot be used now, or `undefined`. */
function refuseCertificate(certificate: Certificate, options: VerifyOptions): string | undefined {
  if (options.certValid !== undefined) return options.certValid ? undefined : 'the certificate is not valid';
  const now = options.now ?? systemClock.now();
  const valid = checkValidity(certificate, { now, skewSeconds: options.skewSeconds ?? 0 });
  return valid.ok ? undefined : valid.error.message;
}

function judge(parsed: ParsedAgentMd, certificate: Certificate, aid: string): VerifyResult {
  const { payload, fields, parseError } = parsed;
  if (parseError !== undefined) return { status: 'invalid', payload, reason: parseError };
  if (fields === null) return { status: 'unsigned', payload };
  const invalid = (reason: string, more: Partial<VerifyResult> = {}): VerifyResult => ({
    status: 'invalid',
    payload,
    aid,
    reason,
    ...weakness(fields),
    ...more,
  });
  const claimed = extractAgentMdAid(payload);
  if (claimed !== '' && claimed !== aid) return invalid('aid mismatch', { aid: claimed });
  // The fingerprint has to name a certificate of this AID: that of another agent never speaks for it.
  const isOfAid = certificate.commonName.toLowerCase() === aid.toLowerCase();
  if (!isOfAid || !certMatchesFingerprint(certificate, fields.cert_fingerprint)) {
    return invalid('certificate fingerprint mismatch');
  }
  const keyFingerprint = fields.public_key_fingerprint ?? '';
  if (keyFingerprint !== '' && !publicKeyMatchesFingerprint(certificate, keyFingerprint)) {
    return invalid('public key fingerprint mismatch');
  }
  const stated = { cert_fingerprint: fields.cert_fingerprint, timestamp: Number(fields.timestamp) };
  if (!signatureHolds(payload, fields.signature, certificate)) {
    return invalid('signature verification failed', stated);
  }
  return {
    status: 'verified',
    payload,
    aid,
    ...stated,
    public_key_fingerprint: keyFingerprint,
    ...weakness(fields),
  };
}

function signatureHolds(payload: string, signature: string, certificate: Certificate): boolean {
  let der: Uint8Array;
  try {
    der = base64Decode(signature);
  } catch (error) {
    if (error instanceof CryptoError) return false;
    throw error;
  }
  return verifyDer(certificate.publicKey, utf8Encode(payload), der);
}

/** 16 hex digits are 64 bits: accepted for compatibility, never written by us (09 §2.3). */
function weakness(fields: SignatureFields): { warnings?: readonly string[] } {
  const weak = [fields.cert_fingerprint, fields.public_key_fingerprint ?? ''].some(isShortFingerprint);
  return weak ? { warnings: ['weak_fingerprint'] } : {};
}
