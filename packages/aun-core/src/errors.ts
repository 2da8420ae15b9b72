import type { JsonValue } from './json.js';

/** `code` of an error that did not come from a server. */
export const LOCAL_ERROR_CODE = -1;

export interface AUNErrorOptions {
  /** JSON-RPC code; −1 for local errors. */
  readonly code?: number;
  readonly data?: JsonValue | null;
  readonly retryable?: boolean;
  readonly traceId?: string;
  readonly cause?: unknown;
}

/** Root of every error this stack throws (07 §2.3). `name` is the class name, `stringCode` is stable. */
export class AUNError extends Error {
  override readonly name: string = 'AUNError';
  readonly stringCode: string = 'AUN_ERROR';
  readonly code: number;
  readonly data: JsonValue | null;
  readonly retryable: boolean;
  readonly traceId?: string;

  constructor(message: string, options: AUNErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code ?? LOCAL_ERROR_CODE;
    this.data = options.data ?? null;
    this.retryable = options.retryable ?? false;
    if (options.traceId !== undefined) this.traceId = options.traceId;
  }
}

/** The socket cannot be opened or broke during a call. */
export class ConnectionError extends AUNError {
  override readonly name: string = 'ConnectionError';
  override readonly stringCode: string = 'CONNECTION_ERROR';

  constructor(message: string, options: AUNErrorOptions = {}) {
    super(message, { retryable: true, ...options });
  }
}

/** Discovery or every gateway failed. */
export class GatewayUnreachableError extends ConnectionError {
  override readonly name: string = 'GatewayUnreachableError';
  override readonly stringCode: string = 'GATEWAY_UNREACHABLE';
}

/** HTTP-level failure inside the client. */
export class NetworkError extends ConnectionError {
  override readonly name: string = 'NetworkError';
  override readonly stringCode: string = 'NETWORK_ERROR';
}

/** A call was made while the client is not `ready`. Also `instanceof StateError` (07 §2.3). */
export class NotReadyError extends ConnectionError {
  override readonly name: string = 'NotReadyError';
  override readonly stringCode: string = 'NOT_READY';
}

/** Queue time plus waiting time exceeded the limit. The request may still have taken effect. */
export class TimeoutError extends AUNError {
  override readonly name: string = 'TimeoutError';
  override readonly stringCode: string = 'TIMEOUT_ERROR';

  constructor(message: string, options: AUNErrorOptions = {}) {
    super(message, { retryable: true, ...options });
  }
}

export class AuthError extends AUNError {
  override readonly name: string = 'AuthError';
  override readonly stringCode: string = 'AUTH_ERROR';
}

/** The access token was refused and cannot be refreshed. */
export class TokenExpiredError extends AuthError {
  override readonly name: string = 'TokenExpiredError';
  override readonly stringCode: string = 'TOKEN_EXPIRED';
}

export class CertificateRevokedError extends AuthError {
  override readonly name: string = 'CertificateRevokedError';
  override readonly stringCode: string = 'CERT_REVOKED';
}

/** The AID is registered with another key. */
export class IdentityConflictError extends AuthError {
  override readonly name: string = 'IdentityConflictError';
  override readonly stringCode: string = 'IDENTITY_CONFLICT';
}

export class PermissionError extends AUNError {
  override readonly name: string = 'PermissionError';
  override readonly stringCode: string = 'PERMISSION_DENIED';
}

export class ValidationError extends AUNError {
  override readonly name: string = 'ValidationError';
  override readonly stringCode: string = 'VALIDATION_ERROR';
}

/** Signing a call failed, or the server refused the signature. */
export class ClientSignatureError extends ValidationError {
  override readonly name: string = 'ClientSignatureError';
  override readonly stringCode: string = 'CLIENT_SIGNATURE_ERROR';
}

export class NotFoundError extends AUNError {
  override readonly name: string = 'NotFoundError';
  override readonly stringCode: string = 'NOT_FOUND';
}

/** Too many requests; seconds to wait are in `data.retry_after`. */
export class RateLimitError extends AUNError {
  override readonly name: string = 'RateLimitError';
  override readonly stringCode: string = 'RATE_LIMITED';
}

/** The method is not allowed in the present state; the message names the state and what to call. */
export class StateError extends AUNError {
  override readonly name: string = 'StateError';
  override readonly stringCode: string = 'STATE_ERROR';

  static override [Symbol.hasInstance](value: unknown): boolean {
    // Callers were taught StateError, NotReadyError and ConnectionError for one fact; all three checks hold (07 §2.3).
    // The hook is inherited, so only StateError itself may widen the ordinary check.
    if (Object.prototype.isPrototypeOf.call(this.prototype, value as object)) return true;
    return (
      this === StateError && Object.prototype.isPrototypeOf.call(NotReadyError.prototype, value as object)
    );
  }
}

/** `loadIdentity` got an AID without a valid private key. */
export class InvalidIdentityError extends StateError {
  override readonly name: string = 'InvalidIdentityError';
  override readonly stringCode: string = 'INVALID_IDENTITY';
}

export class SerializationError extends AUNError {
  override readonly name: string = 'SerializationError';
  override readonly stringCode: string = 'SERIALIZATION_ERROR';
}

export class SessionError extends AUNError {
  override readonly name: string = 'SessionError';
  override readonly stringCode: string = 'SESSION_ERROR';
}

/** Compare-and-swap failed. */
export class VersionConflictError extends AUNError {
  override readonly name: string = 'VersionConflictError';
  override readonly stringCode: string = 'VERSION_CONFLICT';
}

export class GroupError extends AUNError {
  override readonly name: string = 'GroupError';
  override readonly stringCode: string = 'GROUP_ERROR';
}

export class GroupNotFoundError extends GroupError {
  override readonly name: string = 'GroupNotFoundError';
  override readonly stringCode: string = 'GROUP_NOT_FOUND';
}

export class GroupStateError extends GroupError {
  override readonly name: string = 'GroupStateError';
  override readonly stringCode: string = 'GROUP_STATE_ERROR';
}

export interface E2EEErrorOptions extends AUNErrorOptions {
  /** Stable code of the failed check, e.g. `spk_ik_mismatch` (03 §15). */
  readonly localCode?: string;
  readonly closeReason?: string;
}

export class E2EEError extends AUNError {
  override readonly name: string = 'E2EEError';
  override readonly stringCode: string = 'E2EE_ERROR';
  readonly localCode: string;
  readonly closeReason?: string;

  constructor(message: string, options: E2EEErrorOptions = {}) {
    super(message, options);
    this.localCode = options.localCode ?? 'E2EE_ERROR';
    if (options.closeReason !== undefined) this.closeReason = options.closeReason;
  }
}

export class E2EEDecryptFailedError extends E2EEError {
  override readonly name: string = 'E2EEDecryptFailedError';
  override readonly stringCode: string = 'E2EE_DECRYPT_FAILED';

  constructor(message: string, options: E2EEErrorOptions = {}) {
    super(message, { localCode: 'E2EE_DECRYPT_FAILED', closeReason: 'decrypt_failed', ...options });
  }
}

/** No forward secrecy although it is required. */
export class E2EEDegradedError extends E2EEError {
  override readonly name: string = 'E2EEDegradedError';
  override readonly stringCode: string = 'E2EE_DEGRADED';

  constructor(message: string, options: E2EEErrorOptions = {}) {
    super(message, { localCode: 'E2EE_DEGRADED', ...options });
  }
}

/** A remote error without a class of its own. */
export class RpcError extends AUNError {
  override readonly name: string = 'RpcError';
  override readonly stringCode: string = 'RPC_ERROR';
}
