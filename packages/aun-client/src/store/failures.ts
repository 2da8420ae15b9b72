import {
  AUNError,
  ConnectionError,
  type ErrorCode,
  ErrorCodes,
  type ErrorInfo,
  IdentityConflictError,
  KeyStoreError,
  NotFoundError,
  resultErr,
  TimeoutError,
  ValidationError,
} from 'aun-core';

export type Failure = { readonly ok: false; readonly error: ErrorInfo };

/** Ends a store operation with a stable code; caught at the edge and turned into a Result. */
export class StoreFailure extends Error {
  override readonly name: string = 'StoreFailure';
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** Unwraps a Result inside a store operation. */
export const unwrap = <T>(result: { ok: true; data: T } | Failure): T => {
  if (result.ok) return result.data;
  throw new StoreFailure(result.error.code, result.error.message, result.error.cause);
};

/** The key store could not do its work: storage refused, quota used up, lock or database busy. */
export const KEYSTORE_ERROR = 'KEYSTORE_ERROR';

const keyStoreCode = (error: KeyStoreError): string =>
  error.code === 'private_key_unreadable' || error.code === 'seed_refused'
    ? ErrorCodes.PRIVATE_KEY_PARSE_ERROR
    : error.code === 'certificate_unreadable'
      ? ErrorCodes.CERT_PARSE_ERROR
      : error.code === 'identity_exists'
        ? ErrorCodes.IDENTITY_CONFLICT
        : error.code === 'invalid_argument'
          ? ErrorCodes.INVALID_AID_FORMAT
          : KEYSTORE_ERROR;

const isNetwork = (error: unknown): boolean =>
  error instanceof ConnectionError || error instanceof TimeoutError;

/**
 * Turns whatever an operation threw into a Result error (07 §2.2). `otherwise` is the code for remote and unknown
 * failures, `invalid` that for refused parameters.
 */
export const failureOf = (
  error: unknown,
  otherwise: ErrorCode = ErrorCodes.NETWORK_ERROR,
  invalid: ErrorCode = ErrorCodes.INVALID_AID_FORMAT,
): Failure => {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof StoreFailure) return resultErr(error.code, message, error.cause);
  if (error instanceof KeyStoreError) return resultErr(keyStoreCode(error), message, error);
  if (error instanceof IdentityConflictError) return resultErr(ErrorCodes.IDENTITY_CONFLICT, message, error);
  if (isNetwork(error)) return resultErr(ErrorCodes.NETWORK_ERROR, message, error);
  if (error instanceof ValidationError) return resultErr(invalid, message, error);
  if (error instanceof NotFoundError) return resultErr(ErrorCodes.CERT_NOT_FOUND, message, error);
  if (error instanceof AUNError) return resultErr(otherwise, message, error);
  return resultErr(otherwise, message, error);
};
