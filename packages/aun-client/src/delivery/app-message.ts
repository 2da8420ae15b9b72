import { isJsonObject, type JsonObject, type JsonValue, slotIsolationKey } from 'aun-core';

export type Instance = { readonly aid: string; readonly deviceId: string; readonly slotId: string };

/** Names under which a sender's device might leak; never shown to the application (04 §14.9). */
const HIDDEN = ['sender_device_id', '_sender_device_id', 'from_device_id', 'from_device'] as const;

/** What carries an `_auth` on the wire, which the application never sees. */
const AUTHENTICATED = ['context', 'protected_headers'] as const;

/** True when a push names another instance than ours (04 §14.3 step 1). */
export const isForOther = (push: JsonObject, own: Instance): boolean => {
  if (push.device_id !== undefined && push.device_id !== own.deviceId) return true;
  if (push.slot_id === undefined) return false;
  return typeof push.slot_id !== 'string' || slotIsolationKey(push.slot_id) !== slotIsolationKey(own.slotId);
};

const withoutAuth = (value: JsonValue | undefined): JsonValue | undefined => {
  if (!isJsonObject(value) || value._auth === undefined) return value;
  const { _auth, ...rest } = value;
  return rest;
};

/** An object that grows member by member; absent values leave no trace. */
type Draft = { [name: string]: JsonValue };

const put = (draft: Draft, name: string, value: JsonValue | undefined): void => {
  if (value !== undefined) draft[name] = value;
};

const nonEmpty = (value: JsonValue | undefined): JsonValue | undefined =>
  value === '' || value === null ? undefined : value;

const NO_PAYLOAD: JsonObject = {};

/** The metadata view that accompanies a message (07 §9). */
export const envelopeView = (message: JsonObject): JsonObject => {
  const payload = isJsonObject(message.payload) ? message.payload : NO_PAYLOAD;
  const view: Draft = {};
  put(view, 'from', nonEmpty(message.from));
  put(view, 'to', nonEmpty(message.to));
  put(view, 'group_id', nonEmpty(message.group_id));
  put(view, 'type', nonEmpty(payload.type) ?? nonEmpty(message.type));
  put(view, 'kind', nonEmpty(payload.kind) ?? nonEmpty(message.kind));
  put(view, 'version', nonEmpty(payload.version) ?? nonEmpty(message.version));
  put(view, 'timestamp', message.timestamp ?? message.created_at ?? message.t_server);
  if (typeof message.encrypted === 'boolean') view.encrypted = message.encrypted;
  put(view, 'context', withoutAuth(message.context));
  put(view, 'protected_headers', withoutAuth(message.protected_headers));
  put(view, 'payload_type', nonEmpty(message.payload_type));
  return view;
};

/** Adds what every message event carries and removes what no event may carry (04 §14.9). */
export const finishMessage = (message: JsonObject, own: Instance): JsonObject => {
  const finished: Draft = { ...message };
  for (const name of HIDDEN) if (finished[name] !== undefined) delete finished[name];
  if (finished.timestamp === undefined && finished.t_server !== undefined)
    finished.timestamp = finished.t_server;
  for (const name of AUTHENTICATED) put(finished, name, withoutAuth(finished[name]));
  if (finished.payload !== undefined) finished.direction ??= 'inbound';
  const envelope = envelopeView(finished);
  finished.device_id = nonEmpty(finished.device_id) ?? own.deviceId;
  finished.slot_id = nonEmpty(finished.slot_id) ?? own.slotId;
  finished.envelope = envelope;
  return finished;
};

const PROXIMITY = ['proximity', 'same_device', 'same_network', 'same_egress_ip'] as const;

/** A plain pulled row as the application sees it (04 §7.3, §14.9). */
export const plainMessage = (row: JsonObject, ownAid: string): JsonObject => {
  const legacy = isJsonObject(row.legacy_v1) ? row.legacy_v1 : row;
  const message: Draft = {};
  put(message, 'message_id', row.message_id);
  put(message, 'from', row.from_aid ?? row.from);
  message.to = legacy.to ?? row.to ?? ownAid;
  put(message, 'seq', row.seq);
  put(message, 'type', row.type);
  put(message, 'timestamp', row.timestamp ?? row.t_server);
  put(message, 't_server', row.t_server);
  put(message, 'payload', legacy.payload);
  put(message, 'protected_headers', withoutAuth(legacy.protected_headers));
  put(message, 'context', withoutAuth(legacy.context));
  message.encrypted = false;
  message.direction = row.direction ?? 'inbound';
  put(message, 'device_id', row.device_id);
  for (const field of PROXIMITY) put(message, field, row[field]);
  return message;
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
