import { type Result, resultErr, resultOk } from 'aun-core';
import type { Certificate } from './certificate.js';
import { certificateMatchesFingerprint, normalizeFingerprint } from './fingerprint.js';

/** Is the certificate that of `aid`: CN in the first RDN, equal in lower case (01 §3.2 check 10, §3.3)? */
export function checkSubject(certificate: Certificate, aid: string): Result<Certificate, 'cn_mismatch'> {
  const found = certificate.subjectCommonName;
  if (found !== '' && found.toLowerCase() === aid.trim().toLowerCase()) return resultOk(certificate);
  const seen = found === '' ? 'no CN as its first attribute' : `CN ${found}`;
  return resultErr('cn_mismatch', `certificate CN mismatch: expected ${aid}, the subject has ${seen}`);
}

/** Is the certificate the one that was asked for by fingerprint (01 §14)? */
export function checkFingerprint(
  certificate: Certificate,
  text: string,
): Result<Certificate, 'fingerprint_format' | 'fingerprint_mismatch'> {
  if (normalizeFingerprint(text) === '') {
    return resultErr('fingerprint_format', `unsupported fingerprint format: ${text.slice(0, 80)}`);
  }
  if (certificateMatchesFingerprint(certificate, text)) return resultOk(certificate);
  return resultErr(
    'fingerprint_mismatch',
    `the certificate ${certificate.fingerprint} does not match ${text}`,
  );
}
