import type { JsonObject, JsonValue } from 'aun-core';
import { ENVELOPE_VERSION, SUITE } from './constants.js';
import type { OpenedMessage } from './opened-message.js';

/** Hints of the gateway that are copied from row to message. */
const copied = [
  'device_id',
  'slot_id',
  'proximity',
  'same_device',
  'same_egress_ip',
  'same_network',
] as const;

/** The `e2ee` member of messages and thoughts (03 §8.2). */
export function e2eeMember(envelope: JsonObject, opened: OpenedMessage, direction?: string): JsonObject {
  const suite = typeof envelope.suite === 'string' ? envelope.suite : SUITE;
  const to = direction === 'outbound_sync' ? opened.to : undefined;
  return {
    version: ENVELOPE_VERSION,
    suite,
    encryption_mode: `v2_${suite}`,
    // A constant of the protocol, whatever the wrap was (03 §17).
    forward_secrecy: true,
    ...(opened.protectedHeaders === undefined ? {} : { protected_headers: opened.protectedHeaders }),
    ...(opened.payloadType === undefined ? {} : { payload_type: opened.payloadType }),
    ...(opened.context === undefined ? {} : { context: opened.context }),
    ...(envelope.agent_md === undefined ? {} : { agent_md: envelope.agent_md }),
    ...(to === undefined ? {} : { to }),
  };
}

/** The message an application receives for one pulled row (03 §8.2, 04 §14.9). */
export function deliveredMessage(
  row: JsonObject,
  envelope: JsonObject,
  opened: OpenedMessage,
  selfAid: string,
): JsonObject {
  const from = row.from_aid ?? opened.from;
  const direction = directionOf(row.direction, from === selfAid);
  const tServer = row.t_server ?? envelope.t_server ?? null;
  return {
    message_id: row.message_id ?? opened.messageId,
    from,
    to: selfAid,
    ...(opened.groupId === undefined ? {} : { group_id: opened.groupId }),
    seq: row.seq ?? 0,
    timestamp: tServer,
    t_server: tServer,
    payload: opened.payload,
    encrypted: true,
    e2ee: e2eeMember(envelope, opened, direction),
    direction,
    ...copiedMembers(row),
    ...(opened.payloadType === undefined ? {} : { payload_type: opened.payloadType }),
    ...(opened.protectedHeaders === undefined ? {} : { protected_headers: opened.protectedHeaders }),
    ...(envelope.agent_md === undefined ? {} : { agent_md: envelope.agent_md }),
  };
}

function directionOf(direction: JsonValue | undefined, isOwn: boolean): string {
  if (typeof direction === 'string' && direction !== '') return direction;
  return isOwn ? 'outbound_sync' : 'inbound';
}

/** The message an application receives for a plaintext row, `version` `v1` (04 §7.3, 05 §9.4). */
export function plainMessage(row: JsonObject, legacy: JsonObject, selfAid: string): JsonObject {
  const from = row.from_aid ?? '';
  return {
    message_id: row.message_id ?? '',
    from,
    ...(row.group_id === undefined ? { to: legacy.to ?? selfAid } : { group_id: row.group_id }),
    seq: row.seq ?? 0,
    type: row.type ?? '',
    timestamp: row.t_server ?? null,
    t_server: row.t_server ?? null,
    payload: legacy.payload ?? null,
    encrypted: false,
    direction: directionOf(row.direction, from === selfAid),
    ...copiedMembers(row),
    ...(legacy.protected_headers === undefined ? {} : { protected_headers: legacy.protected_headers }),
    ...(legacy.context === undefined ? {} : { context: legacy.context }),
  };
}

function copiedMembers(row: JsonObject): JsonObject {
  return Object.fromEntries(
    copied.filter((name) => row[name] !== undefined).map((name) => [name, row[name]]),
  ) as JsonObject;
}
