import { AuthError, GatewayUnreachableError } from 'aun-core';

/** Values of `lastErrorCode` (07 §5.6). */
export type LastErrorCode =
  | 'RECONNECT_EXHAUSTED'
  | 'AUTH_REJECTED'
  | 'TOKEN_INVALID'
  | 'GATEWAY_UNREACHABLE'
  | 'SERVER_KICKED'
  | 'CONNECT_FAILED'
  | 'AUTHENTICATE_FAILED'
  | 'CONNECTION_ERROR';

const RELOGIN = 'relogin_required';

const demandsRelogin = (error: AuthError): boolean =>
  typeof error.data === 'object' && error.data !== null && RELOGIN in error.data;

/** The code for an error that ended `connect()` or the reconnect loop. */
export const lastErrorCodeOf = (error: unknown): LastErrorCode => {
  if (error instanceof AuthError) return demandsRelogin(error) ? 'TOKEN_INVALID' : 'AUTH_REJECTED';
  if (error instanceof GatewayUnreachableError) return 'GATEWAY_UNREACHABLE';
  return 'CONNECT_FAILED';
};
