import { AuthError, ConnectionError, GatewayUnreachableError, isJsonObject } from 'aun-core';
import { isAuthCloseCode } from './close-codes.js';

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

const demandsRelogin = ({ data }: AuthError): boolean => isJsonObject(data) && data.relogin_required === true;

/** The close code with which a gateway ended an attempt, however deep it lies below the error. */
const closeCodeOf = (error: unknown): number | undefined => {
  if (!(error instanceof ConnectionError)) return undefined;
  const code = isJsonObject(error.data) ? error.data.code : undefined;
  return typeof code === 'number' ? code : closeCodeOf(error.cause);
};

/** The code for an error that ended `connect()` or the reconnect loop. */
export const lastErrorCodeOf = (error: unknown): LastErrorCode => {
  if (error instanceof AuthError) return demandsRelogin(error) ? 'TOKEN_INVALID' : 'AUTH_REJECTED';
  if (isAuthCloseCode(closeCodeOf(error))) return 'AUTH_REJECTED';
  if (error instanceof GatewayUnreachableError) return 'GATEWAY_UNREACHABLE';
  return 'CONNECT_FAILED';
};
