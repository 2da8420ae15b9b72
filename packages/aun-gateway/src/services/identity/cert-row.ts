import type { Certificate } from 'aun-pki';
import type { CertRow } from '../../store/tables/identity.js';

export const toSeconds = (date: Date): number => Math.floor(date.getTime() / 1000);

/** 64 hex digits of a `sha256:` fingerprint. */
export const bareFingerprint = (fingerprint: string): string => fingerprint.replace(/^sha256:/, '');

/** The stored form of a certificate that was just issued. */
export const certRowOf = (cert: Certificate, aid: string, issuer: string, nowSeconds: number): CertRow => ({
  serial: cert.serialHex,
  issuer,
  aid,
  spki_sha256: bareFingerprint(cert.spkiFingerprint),
  cert_sha256: bareFingerprint(cert.fingerprint),
  pem: cert.pem,
  curve: cert.publicKey.curve,
  state: 'active_signing',
  not_before: toSeconds(cert.notBefore),
  not_after: toSeconds(cert.notAfter),
  superseded_by: null,
  superseded_reason: null,
  revoked_at: null,
  reason: null,
  created_at: nowSeconds,
});
