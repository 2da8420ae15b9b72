import type { JsonObject } from 'aun-core';

/** Numeric codes of E2EE refusals (03 §15, 05 §3.1). */
export const E2eeRpcCode = {
  invalidParams: -32602,
  internalError: -32603,
  permissionDenied: -32004,
  deviceNotFound: -33011,
  prekeyStale: -33012,
  versionUnsupported: -33020,
  recipientMismatch: -33050,
  recipientsDigestInvalid: -33051,
  epochMismatch: -33052,
  recipientsUnsorted: -33053,
  memberListChanged: -33054,
  auditRecipientMissing: -33055,
  envelopeStale: -33057,
  duplicateMessageId: -33058,
  stateVersionConflict: -33061,
  stateHashInvalid: -33062,
  stateSignatureInvalid: -33063,
} as const;

/** Why a request is refused: JSON-RPC code, a sentence, the offending member as a path, advisory data. */
export interface RpcFault {
  readonly code: number;
  readonly message: string;
  readonly field: string;
  readonly data?: JsonObject;
}

/** Outcome of a server-side check. */
export type Verdict<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly error: RpcFault };

export function accept<T>(data: T): Verdict<T> {
  return { ok: true, data };
}

export function reject(code: number, field: string, reason: string, data?: JsonObject): Verdict<never> {
  const error = { code, message: `${field}: ${reason}`, field };
  return { ok: false, error: data === undefined ? error : { ...error, data } };
}

/** `invalid params` about one member. */
export function invalid(field: string, reason: string): Verdict<never> {
  return reject(E2eeRpcCode.invalidParams, field, reason);
}
