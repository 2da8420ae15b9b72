import { type JsonObject, ValidationError } from 'aun-core';
import type { Obtained } from '../session/token-chain.js';

/** What `authenticate()` resolves to (07 §6.2). `expires_at` in Unix seconds. */
export type AuthResult = {
  aid: string;
  access_token: string;
  refresh_token: string;
  expires_at: number;
  gateway: string;
  [member: string]: unknown;
};

const REFUSED = ['gateway', 'gateways', 'aid', 'access_token', 'token', 'kite_token'] as const;

/** Neither gateway nor identity nor token is passed in. @throws {ValidationError} */
export const checkAuthOptions = (options: unknown): void => {
  if (options === undefined || options === null) return;
  if (typeof options !== 'object') throw new ValidationError('authenticate options must be an object');
  const field = REFUSED.find((name) => name in options);
  if (field === undefined) return;
  throw new ValidationError(`authenticate does not take '${field}': it comes from the loaded identity`, {
    data: { field },
  });
};

export const authResult = (aid: string, gateway: string, { tokens, answer }: Obtained): AuthResult => ({
  ...(answer as JsonObject),
  aid,
  access_token: tokens.accessToken,
  refresh_token: tokens.refreshToken,
  expires_at: tokens.expiresAt ?? 0,
  gateway,
});
