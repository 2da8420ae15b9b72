import { isJsonObject, type JsonObject, type JsonValue, slotIsolationKey } from 'aun-core';

export type Instance = { readonly aid: string; readonly deviceId: string; readonly slotId: string };

/** Names under which a sender's device might leak; never shown to the application (04 §14.9). */
const HIDDEN = ['sender_device_id', '_sender_device_id', 'from_device_id', 'from_device'] as const;

/** True when a push names another instance than ours (04 §14.3 step 1). */
export const isForOther = (push: JsonObject, own: Instance): boolean => {
  if (push.device_id !== undefined && push.device_id !== own.deviceId) return true;
  if (push.slot_id === undefined) return false;
  return typeof push.slot_id !== 'string' || slotIsolationKey(push.slot_id) !== slotIsolationKey(own.slotId);
};

const withoutAuth = (value: JsonValue | undefined): JsonValue | undefined => {
  if (!isJsonObject(value)) return value;
  const { _auth, ...rest } = value;
  return rest;
};

const defined = (entries: Readonly<Record<string, JsonValue | undefined>>): JsonObject =>
  Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as JsonObject;

const nonEmpty = (value: JsonValue | undefined): JsonValue | undefined =>
  value === '' || value === null ? undefined : value;

/** The metadata view that accompanies a message (07 §9). */
export const envelopeView = (message: JsonObject): JsonObject => {
  const payload = isJsonObject(message.payload) ? message.payload : {};
  return defined({
    from: nonEmpty(message.from),
    to: nonEmpty(message.to),
    group_id: nonEmpty(message.group_id),
    type: nonEmpty(payload.type) ?? nonEmpty(message.type),
    kind: nonEmpty(payload.kind) ?? nonEmpty(message.kind),
    version: nonEmpty(payload.version) ?? nonEmpty(message.version),
    timestamp: message.timestamp ?? message.created_at ?? message.t_server,
    encrypted: typeof message.encrypted === 'boolean' ? message.encrypted : undefined,
    context: withoutAuth(message.context),
    protected_headers: withoutAuth(message.protected_headers),
    payload_type: nonEmpty(message.payload_type),
  });
};

/** Adds what every message event carries and removes what no event may carry (04 §14.9). */
export const finishMessage = (message: JsonObject, own: Instance): JsonObject => {
  const kept = Object.fromEntries(
    Object.entries(message).filter(([key]) => !(HIDDEN as readonly string[]).includes(key)),
  ) as JsonObject;
  const timed =
    kept.timestamp === undefined && kept.t_server !== undefined
      ? { ...kept, timestamp: kept.t_server }
      : kept;
  return {
    ...timed,
    device_id: nonEmpty(timed.device_id) ?? own.deviceId,
    slot_id: nonEmpty(timed.slot_id) ?? own.slotId,
    envelope: envelopeView(timed),
  };
};

const PROXIMITY = ['proximity', 'same_device', 'same_network', 'same_egress_ip'] as const;

/** A plain pulled row as the application sees it (04 §7.3, §14.9). */
export const plainMessage = (row: JsonObject, ownAid: string): JsonObject => {
  const legacy = isJsonObject(row.legacy_v1) ? row.legacy_v1 : row;
  return defined({
    message_id: row.message_id,
    from: row.from_aid ?? row.from,
    to: legacy.to ?? row.to ?? ownAid,
    seq: row.seq,
    type: row.type,
    timestamp: row.timestamp ?? row.t_server,
    t_server: row.t_server,
    payload: legacy.payload,
    protected_headers: withoutAuth(legacy.protected_headers),
    context: withoutAuth(legacy.context),
    encrypted: false,
    direction: row.direction ?? 'inbound',
    device_id: row.device_id,
    ...Object.fromEntries(PROXIMITY.map((field) => [field, row[field]])),
  });
};

/** What `message.send` answers: the server's fields and what was sent (04 §4.4). */
export const sendResult = (
  answer: JsonObject,
  own: Instance,
  params: JsonObject,
  encrypted: boolean,
  now: number,
): JsonObject => {
  const payload = params.payload ?? null;
  const view = envelopeView({
    ...params,
    from: own.aid,
    encrypted,
    type: params.type ?? params.message_type ?? params.payload_type ?? '',
    timestamp: params.timestamp ?? answer.timestamp ?? now,
  });
  return { ...answer, envelope: view, payload };
};
