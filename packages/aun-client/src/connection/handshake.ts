import { AuthError, isJsonObject, type JsonObject, type JsonValue, RpcCode } from 'aun-core';
import { SDK_LANG, VERSION } from '../version.js';
import type { ConnectionSettings } from './connect-options.js';

export type HandshakeInput = {
  readonly nonce: string;
  readonly token: string;
  readonly deviceId: string;
  readonly slotId: string;
  readonly settings: ConnectionSettings;
};

const CAPABILITIES: JsonObject = {
  e2ee: true,
  group_e2ee: true,
  supported_p2p_e2ee: ['e2ee_v2'],
  supported_group_e2ee: ['group_e2ee_v2'],
};

const publicKeys = (info: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(info).filter(([key]) => !key.startsWith('_')));

/** Params of `auth.connect` (02 §4.4). */
export const handshakeParams = (input: HandshakeInput): JsonObject => {
  const { settings } = input;
  const extra = publicKeys(settings.extraInfo);
  return {
    nonce: input.nonce,
    auth: { method: 'kite_token', token: input.token },
    protocol: { min: '1.0', max: '1.0' },
    device: { id: input.deviceId, type: 'sdk' },
    client: { slot_id: input.slotId, sdk_lang: SDK_LANG, sdk_version: VERSION },
    delivery_mode: { ...settings.deliveryMode },
    capabilities: CAPABILITIES,
    ...(Object.keys(extra).length === 0 ? {} : { extra_info: extra }),
    ...(settings.kind === 'short' ? { options: { kind: 'short', short_ttl_ms: settings.shortTtlMs } } : {}),
  };
};

/**
 * The result of `auth.connect`, checked.
 * @throws {AuthError} unless its status is `ok`
 */
export const checkHandshake = (result: JsonValue): JsonObject => {
  if (isJsonObject(result) && result.status === 'ok') return result;
  const status = isJsonObject(result) ? String(result.status) : 'none';
  throw new AuthError(`auth.connect answered with status ${status}`, { code: RpcCode.authFailed });
};

const CREDENTIAL_CODES: ReadonlySet<number> = new Set([
  RpcCode.authFailed,
  RpcCode.invalidNonce,
  RpcCode.authenticationRequired,
  RpcCode.signatureInvalid,
]);

/** True when another credential may be tried on the same socket (01 §10). */
export const isCredentialError = (error: unknown): boolean =>
  error instanceof AuthError && CREDENTIAL_CODES.has(error.code);
