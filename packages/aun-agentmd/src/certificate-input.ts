import {
  Certificate,
  certificateMatchesFingerprint,
  parseCertificate,
  spkiMatchesFingerprint,
} from 'aun-pki';
import { AgentMdError } from './agent-md-error.js';

/** A certificate, parsed or as PEM text. */
export type CertificateInput = Certificate | string;

/** @throws {AgentMdError} `CERT_PARSE_ERROR` */
export function toCertificate(input: CertificateInput): Certificate {
  if (input instanceof Certificate) return input;
  const parsed = parseCertificate(input);
  if (!parsed.ok) throw new AgentMdError('CERT_PARSE_ERROR', parsed.error.message, { cause: parsed.error });
  return parsed.data;
}

/** Does a `cert_fingerprint` name this certificate, by the hash of the certificate or of its key (09 §2.3)? */
export function certMatchesFingerprint(certificate: CertificateInput, fingerprint: string): boolean {
  return certificateMatchesFingerprint(toCertificate(certificate), fingerprint);
}

/** Does a `public_key_fingerprint` name the key of this certificate (09 §2.3)? */
export function publicKeyMatchesFingerprint(certificate: CertificateInput, fingerprint: string): boolean {
  return spkiMatchesFingerprint(toCertificate(certificate), fingerprint);
}
