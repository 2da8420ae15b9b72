import { RpcCode } from 'aun-core';
import { E2eeRpcCode, type Verdict } from 'aun-e2ee/validate';
import { RpcFailure } from '../../rpc/failure.js';

/** What the message of a refusal begins with (02 §3.2); clients look for the words of -33011 (04 §1.2). */
const reasons: ReadonlyMap<number, string> = new Map([
  [RpcCode.invalidParams, 'invalid_params'],
  [RpcCode.permissionDenied, 'permission_denied'],
  [RpcCode.deviceNotFound, 'device_not_found: no registered devices'],
  [E2eeRpcCode.versionUnsupported, 'e2ee_version_unsupported'],
  [E2eeRpcCode.recipientMismatch, 'recipient_mismatch'],
]);

/** The data of a verdict. @throws RpcFailure */
export const accepted = <T>(verdict: Verdict<T>): T => {
  if (verdict.ok) return verdict.data;
  const { code, data, field, message } = verdict.error;
  const reason = reasons.get(code);
  throw new RpcFailure(code, reason === undefined ? message : `${reason}: ${message}`, { field, ...data });
};
