import { isDeviceId, isJsonObject, isSlotId, type JsonObject, RpcCode } from 'aun-core';
import { z } from 'zod';
import { invalidParams, RpcFailure } from '../rpc/failure.js';
import { isStorable } from '../rpc/stored-text.js';
import type { ConnectionKind, DeliveryMode } from './session-info.js';

const MAX_EXTRA_INFO_BYTES = 4096;
const MAX_SHORT_TTL_MS = 24 * 60 * 60 * 1000;
const DEFAULT_AFFINITY_TTL_MS = 300_000;

const json = z.custom<JsonObject>(isJsonObject, 'must be an object');
const version = z.string().max(16);

/** Lenient where the public SDKs are free; what matters is checked in `readConnectParams` with the codes of 02 §4.4. */
export const connectSchema = z.object({
  nonce: z.unknown().optional(),
  auth: z.unknown().optional(),
  protocol: z.object({ min: version.optional(), max: version.optional() }).optional(),
  device: z.object({ id: z.unknown().optional(), type: z.unknown() }).partial().optional(),
  client: z
    .object({
      slot_id: z.unknown().optional(),
      sdk_lang: z.string().max(64).catch(''),
      sdk_version: z.string().max(64).catch(''),
    })
    .partial()
    .optional(),
  delivery_mode: z
    .object({
      mode: z.enum(['fanout', 'queue']).catch('fanout'),
      routing: z.enum(['', 'round_robin', 'sender_affinity']).catch(''),
      affinity_ttl_ms: z.number().int().nonnegative().catch(0),
    })
    .partial()
    .optional(),
  extra_info: json.optional(),
  push_notify_aid: z.unknown().optional(),
  push_token: z.unknown().optional(),
  options: z
    .object({
      kind: z.enum(['long', 'short']).optional(),
      short_ttl_ms: z.number().int().nonnegative().max(MAX_SHORT_TTL_MS).optional(),
    })
    .optional(),
});

export interface ConnectParams {
  readonly nonce: string;
  readonly token: string;
  readonly deviceId: string;
  readonly slotId: string;
  readonly sdkLang: string;
  readonly sdkVersion: string;
  readonly deliveryMode: DeliveryMode;
  readonly extraInfo: JsonObject | null;
  readonly kind: ConnectionKind;
  readonly shortTtlMs: number | null;
  /** Registration for offline push (04 §19), or null when the params do not carry all of it. */
  readonly push: { readonly notifyAid: string; readonly token: string } | null;
}

const missing = (field: string): RpcFailure =>
  new RpcFailure(RpcCode.missingParams, `missing ${field}`, { field });

const readToken = (auth: unknown): string => {
  if (!isJsonObject(auth)) throw missing('auth');
  if (typeof auth.method !== 'string') throw missing('auth.method');
  if (auth.method !== 'kite_token') {
    throw new RpcFailure(RpcCode.missingParams, 'missing auth: the only method served is kite_token', {
      field: 'auth.method',
    });
  }
  if (typeof auth.token !== 'string' || auth.token === '') throw missing('auth.token');
  return auth.token;
};

const checkProtocol = (range: { min?: string | undefined; max?: string | undefined } | undefined): void => {
  const min = Number(range?.min ?? '1.0');
  const max = Number(range?.max ?? '1.0');
  if (min <= 1 && max >= 1) return;
  throw new RpcFailure(RpcCode.protocolMismatch, 'protocol_mismatch: this gateway speaks 1.0', {
    server_range: { min: '1.0', max: '1.0' },
    client_range: { min: range?.min ?? '1.0', max: range?.max ?? '1.0' },
  });
};

const readInstance = (device: unknown, slot: unknown): { deviceId: string; slotId: string } => {
  const deviceId = device ?? '';
  if (deviceId !== '' && !isDeviceId(deviceId)) {
    throw invalidParams(
      'device.id',
      'invalid_device_id: device.id must be 1 to 128 of A-Z, a-z, 0-9, ".", "_" and "-"',
    );
  }
  if (deviceId === '' && typeof slot === 'string' && slot !== '' && slot !== 'default') {
    throw invalidParams('device.id', 'slot_requires_device_id: a slot needs a device.id');
  }
  const slotId = slot === undefined || slot === null || slot === '' ? 'default' : slot;
  if (!isSlotId(slotId)) {
    throw invalidParams(
      'client.slot_id',
      'invalid_slot_id: client.slot_id must be 1 to 128 of A-Z, a-z, 0-9, ".", "_", "-", "/", ":" and space, and not begin with a separator',
    );
  }
  return { deviceId, slotId };
};

const readExtraInfo = (extra: JsonObject | undefined): JsonObject | null => {
  if (extra === undefined) return null;
  const shown = Object.fromEntries(Object.entries(extra).filter(([key]) => !key.startsWith('_')));
  if (Object.keys(shown).length === 0) return null;
  const bytes = Buffer.byteLength(JSON.stringify(shown));
  if (bytes > MAX_EXTRA_INFO_BYTES) {
    throw invalidParams('extra_info', `extra_info is ${bytes} bytes, limit ${MAX_EXTRA_INFO_BYTES}`, {
      limit: MAX_EXTRA_INFO_BYTES,
    });
  }
  return shown;
};

const MAX_PUSH_TOKEN = 2048;

const MAX_AID = 256;

const isText = (value: unknown, most: number): value is string =>
  typeof value === 'string' && value !== '' && value.length <= most && isStorable(value);

/** Both or neither; half a registration must not cost the connection. */
const readPush = (notifyAid: unknown, token: unknown): ConnectParams['push'] =>
  isText(notifyAid, MAX_AID) && isText(token, MAX_PUSH_TOKEN) ? { notifyAid, token } : null;

/** Judges the params of `auth.connect` in the order in which clients depend on the codes (02 §4.4). */
export function readConnectParams(params: z.output<typeof connectSchema>): ConnectParams {
  if (typeof params.nonce !== 'string' || params.nonce === '') {
    throw new RpcFailure(RpcCode.invalidNonce, 'invalid_nonce: the nonce of the challenge is missing', {
      field: 'nonce',
    });
  }
  const token = readToken(params.auth);
  checkProtocol(params.protocol);
  const mode = params.delivery_mode;
  return {
    nonce: params.nonce,
    token,
    ...readInstance(params.device?.id, params.client?.slot_id),
    sdkLang: params.client?.sdk_lang ?? '',
    sdkVersion: params.client?.sdk_version ?? '',
    deliveryMode: {
      mode: mode?.mode ?? 'fanout',
      routing: mode?.routing ?? '',
      affinityTtlMs: mode?.affinity_ttl_ms || DEFAULT_AFFINITY_TTL_MS,
    },
    extraInfo: readExtraInfo(params.extra_info),
    kind: params.options?.kind ?? 'long',
    shortTtlMs: params.options?.short_ttl_ms || null,
    push: readPush(params.push_notify_aid, params.push_token),
  };
}
