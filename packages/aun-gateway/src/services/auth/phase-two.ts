import { type JsonObject, RpcCode } from 'aun-core';
import { verifyProof } from 'aun-pki';
import type { ZodType, z } from 'zod';
import { checkParams } from '../../rpc/check-params.js';
import { RpcFailure } from '../../rpc/failure.js';
import type { CertRow } from '../../store/tables/identity.js';
import { requireActiveAid } from './client-certificate.js';
import type { AuthDeps } from './deps.js';
import type { PendingLogin } from './pending-logins.js';
import { requireAid } from './registrable-aid.js';

/**
 * Takes the pending login out that the params name, whatever else is wrong with them: the first call uses it up
 * (01 §9.2). Then checks the params. @throws RpcFailure -32602
 */
export const readPhaseTwo = <S extends ZodType>(
  deps: AuthDeps,
  schema: S,
  params: JsonObject,
): { readonly input: z.output<S>; readonly entry: PendingLogin | undefined } => {
  const { request_id: requestId } = params;
  const entry = typeof requestId === 'string' ? deps.pending.consume(requestId) : undefined;
  return { input: checkParams(schema, params) as z.output<S>, entry };
};

interface PhaseTwoInput {
  readonly aid: string;
  readonly nonce: string;
}

/**
 * Compares AID and nonce with those of the pending login (01 §9.2). The text makes a reconnecting client log in afresh
 * instead of giving up.
 */
export const matchLogin = (
  deps: AuthDeps,
  input: PhaseTwoInput,
  entry: PendingLogin | undefined,
): PendingLogin => {
  const aid = requireAid(input.aid);
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
