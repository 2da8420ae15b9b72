import { verifyDer } from 'aun-crypto';
import type { Certificate } from '../certificate/certificate.js';

/**
 * Did `issuer` sign the certificate? The hash follows the curve of the issuer's key and the declared algorithm is
 * ignored, so P-384 with SHA-256 fails (01 §2.1).
 */
export function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  return verifyDer(issuer.publicKey, certificate.tbsDer, certificate.signature);
}
