import { RpcCode } from 'aun-core';
import { verifyProof } from 'aun-pki';
import { RpcFailure } from '../../rpc/failure.js';
import type { CertRow } from '../../store/tables/identity.js';
import { requireActiveAid } from './client-certificate.js';
import type { AuthDeps } from './deps.js';
import type { PendingLogin } from './pending-logins.js';
import { requireAid } from './registrable-aid.js';

interface PhaseTwoInput {
  readonly aid: string;
  readonly request_id: string;
  readonly nonce: string;
}

/**
 * Takes the pending login out and compares all three values (01 §9.2). The text makes a reconnecting client log in
 * afresh instead of giving up.
 */
export const consumeLogin = (deps: AuthDeps, input: PhaseTwoInput): PendingLogin => {
  const aid = requireAid(input.aid);
  const entry = deps.pending.consume(input.request_id);
  if (entry === undefined || entry.aid !== aid || entry.nonce !== input.nonce) {
    throw new RpcFailure(RpcCode.signatureInvalid, 'aid_login2_failed: nonce invalid or expired');
  }
  requireActiveAid(deps, aid);
  return entry;
};

/** The row as it is now: it may have been revoked or superseded since phase 1. */
export const currentRow = (deps: AuthDeps, entry: PendingLogin): CertRow =>
  deps.store.bySerial(entry.cert.serial) ?? entry.cert;

/** True when `signature` (b64 DER) over `text` was made with the key of the certificate of phase 1. */
export const signedByClient = (
  deps: AuthDeps,
  { cert }: PendingLogin,
  text: string,
  signature: string,
): boolean => verifyProof(text, signature, deps.certificates.stored(cert.pem, cert.serial).publicKey);

export const signatureFailed = (): RpcFailure =>
  new RpcFailure(RpcCode.signatureInvalid, 'signature verification failed');
