import {
  AUNError,
  AuthError,
  ConnectionError,
  noReconnectCloseCodes,
  PermissionError,
  StateError,
  TimeoutError,
  ValidationError,
} from 'aun-core';

/** Whether a client comes back by itself after this close code (02 §11.2). */
export function isReconnectCloseCode(code: number): boolean {
  return !noReconnectCloseCodes.has(code);
}

/**
 * Whether a failed attempt to reconnect is worth another (02 §15). Of the AuthErrors only trouble of the login's
 * transport is; unknown errors count as network errors.
 */
export function isRetryableReconnectError(error: unknown): boolean {
  if (error instanceof AuthError) return /aid_login[12]_failed/.test(error.message);
  if (error instanceof ConnectionError || error instanceof TimeoutError) return true;
  if (error instanceof PermissionError || error instanceof ValidationError || error instanceof StateError)
    return false;
  return error instanceof AUNError ? error.retryable : true;
}
