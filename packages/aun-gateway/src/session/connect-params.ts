import { isDeviceId, isJsonObject, isSlotId, type JsonObject, RpcCode } from 'aun-core';
import { z } from 'zod';
import { invalidParams, RpcFailure } from '../rpc/failure.js';
import { isStorable } from '../rpc/stored-text.js';
import type { ConnectionKind, DeliveryMode } from './session-info.js';

const MAX_EXTRA_INFO_BYTES = 4096;
const MAX_SHORT_TTL_MS = 24 * 60 * 60 * 1000;
const DEFAULT_AFFINITY_TTL_MS = 300_000;

const MAX_VERSION = 16;
const MAX_SDK_TEXT = 64;

/** Judged as a whole by `readConnectParams`, with the codes of 02 §4.4. */
export const connectSchema = z.looseObject({});

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

/** 4000 `missing <field>`; `what` says what is wrong with a field that is there. */
const missing = (field: string, what?: string): RpcFailure =>
  new RpcFailure(RpcCode.missingParams, `missing ${field}${what === undefined ? '' : `: ${what}`}`, {
    field,
  });

/** The members of an optional object; null is absent. */
const membersOf = (value: unknown, field: string): JsonObject => {
  if (value === undefined || value === null) return {};
  if (!isJsonObject(value)) throw missing(field, 'it must be an object');
  return value;
};

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

const readVersion = (value: unknown, field: string): string => {
  if (value === undefined || value === null) return '1.0';
  if (typeof value !== 'string' || value.length > MAX_VERSION)
    throw missing(field, 'it must be a version as text, like "1.0"');
  return value;
};

const checkProtocol = (protocol: unknown): void => {
  const range = membersOf(protocol, 'protocol');
  const min = readVersion(range.min, 'protocol.min');
  const max = readVersion(range.max, 'protocol.max');
  if (Number(min) <= 1 && Number(max) >= 1) return;
  throw new RpcFailure(RpcCode.protocolMismatch, 'protocol_mismatch: this gateway speaks 1.0', {
    server_range: { min: '1.0', max: '1.0' },
    client_range: { min, max },
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

const modeOf = (value: unknown): DeliveryMode['mode'] => (value === 'queue' ? 'queue' : 'fanout');

/** The mode alone may stand for the object: applications may write it so (07 §6). */
const readDeliveryMode = (value: unknown): DeliveryMode => {
  const named = value === 'fanout' || value === 'queue' ? { mode: value } : value;
  const { affinity_ttl_ms: ttl, mode, routing } = membersOf(named, 'delivery_mode');
  return {
    mode: modeOf(mode),
    routing: routing === 'round_robin' || routing === 'sender_affinity' ? routing : '',
    affinityTtlMs: Number.isSafeInteger(ttl) && Number(ttl) > 0 ? Number(ttl) : DEFAULT_AFFINITY_TTL_MS,
  };
};

const readKind = (value: unknown): ConnectionKind => {
  if (value === undefined || value === null) return 'long';
  if (value !== 'long' && value !== 'short') throw missing('options.kind', 'it must be "long" or "short"');
  return value;
};

/** Null for the gateway's own default. */
const readShortTtl = (value: unknown): number | null => {
  if (value === undefined || value === null || value === 0) return null;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
    throw missing('options.short_ttl_ms', 'it must be a whole number of milliseconds, not negative');
  return Math.min(value, MAX_SHORT_TTL_MS);
};

const sdkText = (value: unknown): string =>
  typeof value === 'string' && value.length <= MAX_SDK_TEXT ? value : '';

const readExtraInfo = (value: unknown): JsonObject | null => {
  const extra = membersOf(value, 'extra_info');
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
export function readConnectParams(params: JsonObject): ConnectParams {
  if (typeof params.nonce !== 'string' || params.nonce === '') {
    throw new RpcFailure(RpcCode.invalidNonce, 'invalid_nonce: the nonce of the challenge is missing', {
      field: 'nonce',
    });
  }
  const token = readToken(params.auth);
  checkProtocol(params.protocol);
  const client = membersOf(params.client, 'client');
  const options = membersOf(params.options, 'options');
  return {
    nonce: params.nonce,
    token,
    ...readInstance(membersOf(params.device, 'device').id, client.slot_id),
    sdkLang: sdkText(client.sdk_lang),
    sdkVersion: sdkText(client.sdk_version),
    deliveryMode: readDeliveryMode(params.delivery_mode),
    extraInfo: readExtraInfo(params.extra_info),
    kind: readKind(options.kind),
    shortTtlMs: readShortTtl(options.short_ttl_ms),
    push: readPush(params.push_notify_aid, params.push_token),
  };
}
