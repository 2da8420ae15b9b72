import { CloseCode } from 'aun-core';

/** Close codes that mean "your credentials were refused" (07 §5.6). */
const AUTH_REFUSED: ReadonlySet<number> = new Set([
  CloseCode.authFailed,
  CloseCode.invalidAid,
  CloseCode.authTimeout,
  CloseCode.invalidNonce,
]);

export const isAuthCloseCode = (code: number | undefined): boolean =>
  code !== undefined && AUTH_REFUSED.has(code);
