import { isJsonObject, type JsonObject, type JsonValue } from 'aun-core';

/** Tokens of one (AID, device, slot) as they stand in the keystore (01 §11.4). Times in Unix seconds. */
export type Tokens = {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresAt: number | null;
};

/** A cached token is used only when it lives longer than this (07 §6.4). */
export const TOKEN_MARGIN_S = 30;
const DEFAULT_LIFETIME_S = 3_600;

const str = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');

const firstText = (...values: (JsonValue | undefined)[]): string =>
  values.map(str).find((t) => t !== '') ?? '';

/** Reads the token members of an instance-state record. */
export const readTokens = (state: JsonObject): Tokens => {
  const expiresAt = state.access_token_expires_at;
  return {
    accessToken: str(state.access_token),
    refreshToken: str(state.refresh_token),
    expiresAt: typeof expiresAt === 'number' ? expiresAt : null,
  };
};

/** True when the access token can be used as it is; a token without stored expiry counts as usable (01 §10). */
export const isUsable = (tokens: Tokens, nowS: number): boolean =>
  tokens.accessToken !== '' && (tokens.expiresAt === null || tokens.expiresAt > nowS + TOKEN_MARGIN_S);

/**
 * The members that a login or refresh result adds to the instance state (01 §9.2, §11.3). `expires_in` missing or not
 * positive counts as one hour.
 */
export const rememberTokens = (result: JsonObject, nowS: number): JsonObject => {
  const lifetime =
    typeof result.expires_in === 'number' && result.expires_in > 0 ? result.expires_in : DEFAULT_LIFETIME_S;
  const refresh = str(result.refresh_token);
  const kite = str(result.token);
  return {
    access_token: firstText(result.access_token, result.token, result.kite_token),
    ...(refresh === '' ? {} : { refresh_token: refresh }),
    ...(kite === '' ? {} : { kite_token: kite }),
    access_token_expires_at: Math.floor(nowS) + Math.floor(lifetime),
  };
};

/** The stored members after the server demanded a new login (01 §11.3). */
export const CLEARED_TOKENS: JsonObject = {
  access_token: '',
  refresh_token: '',
  kite_token: '',
  access_token_expires_at: 0,
};

const RELOGIN_ERRORS: ReadonlySet<string> = new Set([
  'missing refresh_token',
  'invalid_or_expired_refresh_token',
  'refresh not supported',
]);

/** True when a refused refresh means that only a full login helps (01 §11.3). */
export const refreshRequiresRelogin = (message: string, data: JsonValue | null): boolean => {
  const fields = isJsonObject(data) ? data : {};
  if (fields.relogin_required === true) return true;
  return [message, str(fields.error)].some((text) => RELOGIN_ERRORS.has(text.trim().toLowerCase()));
};
