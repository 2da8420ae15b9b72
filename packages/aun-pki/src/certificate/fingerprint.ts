import type { Certificate } from './certificate.js';

/** Full text form of a fingerprint (01 §2.3). */
export type Fingerprint = `sha256:${string}`;

const digits = /^(?:[0-9a-f]{64}|[0-9a-f]{16})$/;

/**
 * Trims, lower-cases, drops one leading `sha256:` and all colons. Returns 64 or 16 hex digits, or `''` when the text
 * is no fingerprint; that never matches anything (01 §2.3).
 */
export function normalizeFingerprint(text: string): string {
  if (text.length > 256) return '';
  const bare = text
    .trim()
    .toLowerCase()
    .replace(/^sha256:/, '')
    .replaceAll(':', '');
  return digits.test(bare) ? bare : '';
}

/** True if the text names the certificate: by the hash of its DER or of its SPKI, full or the first 16 digits. */
export function certificateMatchesFingerprint(certificate: Certificate, text: string): boolean {
  const wanted = normalizeFingerprint(text);
  return names(certificate.fingerprint, wanted) || names(certificate.spkiFingerprint, wanted);
}

/** True if the text names the public key: by the hash of its SPKI, full or the first 16 digits. */
export function spkiMatchesFingerprint(certificate: Certificate, text: string): boolean {
  return names(certificate.spkiFingerprint, normalizeFingerprint(text));
}

/** True for a fingerprint in the 16-digit form, which has only 64 bits. */
export function isShortFingerprint(text: string): boolean {
  return normalizeFingerprint(text).length === 16;
}

/** Name of the file that keeps a non-active version of a certificate: `sha256_<64 hex>.pem` (01 §2.3, §16). */
export function certificateVersionFileName(certificate: Certificate): string {
  return `${certificate.fingerprint.replace(':', '_')}.pem`;
}

function names(fingerprint: string, wanted: string): boolean {
  return wanted !== '' && fingerprint.slice('sha256:'.length).startsWith(wanted);
}
