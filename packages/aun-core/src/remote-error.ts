import {
  type AUNError,
  type AUNErrorOptions,
  AuthError,
  CertificateRevokedError,
  ClientSignatureError,
  GroupError,
  GroupNotFoundError,
  GroupStateError,
  IdentityConflictError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  RpcError,
  SessionError,
  TimeoutError,
  ValidationError,
  VersionConflictError,
} from './errors.js';
import { isJsonObject, type JsonValue } from './json.js';
import { RpcCode } from './rpc-code.js';

type ErrorClass = new (message: string, options: AUNErrorOptions) => AUNError;

const classOfCode = new Map<number, ErrorClass>(
  (
    [
      [AuthError, [4001, 4010, -32001, -32003]],
      [PermissionError, [4030, 403, -32004]],
      [NotFoundError, [4040, 404, -32008]],
      [RateLimitError, [4290, 429, -32029, -32429]],
      [VersionConflictError, [-32009]],
      [SessionError, [-32010, -32011, -32013]],
      [ValidationError, [-32600, -32601, -32602, 4000]],
      [CertificateRevokedError, [-32050]],
      [ClientSignatureError, [-32051]],
      [IdentityConflictError, [-32052, 4090, 409]],
      [GroupNotFoundError, [-33001]],
      [GroupStateError, [-33002, -33003]],
      [GroupError, [-33004, -33005, -33006, -33007, -33008, -33009]],
    ] as const
  ).flatMap(([errorClass, codes]) => codes.map((code): [number, ErrorClass] => [code, errorClass])),
);

const degraded = /gateway service degraded|certificate not loaded/i;
const handlerTimeout = /rpc handler timeout/i;

/** Turns the `error` member of a JSON-RPC response into the class of 07 §2.4. Never throws. */
export function mapRemoteError(rpcError: unknown): AUNError {
  const fields = isJsonObject(rpcError) ? rpcError : {};
  const code = Number.isInteger(fields.code) ? (fields.code as number) : RpcCode.internalError;
  const message =
    typeof fields.message === 'string' && fields.message !== '' ? fields.message : 'remote error';
  const data: JsonValue = fields.data ?? null;
  const traceId = isJsonObject(data) ? (data.trace_id ?? data.traceId) : undefined;

  const errorClass = pickClass(code, message);
  return new errorClass(message, {
    code,
    data,
    retryable: isRetryable(code, message, errorClass),
    ...(typeof traceId === 'string' ? { traceId } : {}),
  });
}

function pickClass(code: number, message: string): ErrorClass {
  if (code === RpcCode.permissionDenied && handlerTimeout.test(message)) return TimeoutError;
  return classOfCode.get(code) ?? RpcError;
}

function isRetryable(code: number, message: string, errorClass: ErrorClass): boolean {
  return (
    errorClass === RateLimitError ||
    errorClass === TimeoutError ||
    (code >= 5000 && code <= 5999) ||
    degraded.test(message)
  );
}
