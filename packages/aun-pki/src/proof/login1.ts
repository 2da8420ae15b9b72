import { type Result, resultErr, resultOk } from 'aun-core';
import type { PrivateKey } from 'aun-crypto';
import type { Certificate } from '../certificate/certificate.js';
import {
  type AuthCertificateCheck,
  type CertificateErrorCode,
  type VerifiedCertificate,
  verifyAuthCertificate,
} from '../chain/verify-certificate.js';
import { signProof, verifyProof } from './proof.js';

/** The server's half of `auth.aid_login1`: a signature over the text of `client_nonce` as sent (01 §9.1). */
export function signServerProof(clientNonce: string, authKey: PrivateKey): string {
  return signProof(clientNonce, authKey);
}

/**
 * The client's check of `auth.aid_login1`: the auth certificate leads to a trusted root and its key signed our nonce.
 * The hash follows the curve, so P-384 auth certificates work too. Code `server_proof_invalid` when only the signature
 * is wrong. Phase 2 must not be sent unless this succeeds (01 §9.1).
 */
export function verifyServerProof(
  proof: { readonly clientNonce: string; readonly signature: string; readonly authCertificate: Certificate },
  check: AuthCertificateCheck,
): Result<VerifiedCertificate, CertificateErrorCode | 'server_proof_invalid'> {
  const verified = verifyAuthCertificate(proof.authCertificate, check);
  if (!verified.ok) return verified;
  return verifyProof(proof.clientNonce, proof.signature, proof.authCertificate.publicKey)
    ? resultOk(verified.data)
    : resultErr('server_proof_invalid', 'aid_login1 server auth signature verification failed');
}
