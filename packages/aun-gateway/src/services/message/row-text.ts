import type { InboxRow } from '../../store/inbox-store.js';
import { type Endpoint, proximityMembers } from './proximity.js';

/** JSON texts of one inbox row, spliced from stored text (04 §7.3, §7.5, §12). */

const text = (value: string): string => JSON.stringify(value);

/** The envelope as its device gets it: stored envelope plus recipient row and proof (03 §7). */
export const envelopeText = (row: InboxRow): string => `${row.content.slice(0, -1)},${row.wrap}}`;

const spkIdOf = (row: InboxRow): string => {
  const { recipient } = JSON.parse(`{${row.wrap}}`) as { recipient?: { spk_id?: unknown } };
  return typeof recipient?.spk_id === 'string' ? recipient.spk_id : '';
};

/** Tombstone payload; rows written before the recall name their own seq (04 §9). */
const recallPayload = (row: InboxRow): string => {
  const seqs = row.wrap.startsWith('"target_message_seqs"') ? row.wrap : `"target_message_seqs":[${row.seq}]`;
  return `${row.content.slice(0, -1)},${seqs}}`;
};

/** `"payload":…` and, for plaintext, `protected_headers` and `context` as sent. */
const payloadMembers = (row: InboxRow): string =>
  row.kind === 'recall' ? `"payload":${recallPayload(row)}` : row.content;

const proximity = (row: InboxRow, receiver: Endpoint): string =>
  proximityMembers({ deviceId: row.senderDevice, address: row.senderIp }, receiver);

const v2Members = (row: InboxRow, receiver: Endpoint): string =>
  `"version":"v2","seq":${row.seq},"message_id":${text(row.messageId)},"from_aid":${text(row.fromAid)},` +
  `"to":${text(row.toAid)},"t_server":${row.tServer},"type":"e2ee.p2p_encrypted","device_id":${text(receiver.deviceId)},` +
  `"spk_id":${text(spkIdOf(row))},"direction":"${row.outbound ? 'outbound_sync' : 'inbound'}",` +
  `"envelope_json":${text(envelopeText(row))},${proximity(row, receiver)}`;

/** A row of `message.v2.pull`. */
export function pullRow(row: InboxRow, receiver: Endpoint): string {
  if (row.kind === 'v2') return `{${v2Members(row, receiver)}}`;
  return (
    `{"version":"v1","seq":${row.seq},"message_id":${text(row.messageId)},"from_aid":${text(row.fromAid)},` +
    `"t_server":${row.tServer},"type":${text(row.type)},"legacy_v1":{"to":${text(row.toAid)},${payloadMembers(row)}},` +
    `${proximity(row, receiver)}}`
  );
}

/** A row of the raw `message.pull`. */
export function rawRow(row: InboxRow, receiver: Endpoint): string {
  const encrypted = row.kind === 'v2';
  const payload = encrypted ? `"payload":${envelopeText(row)}` : payloadMembers(row);
  return (
    `{"message_id":${text(row.messageId)},"seq":${row.seq},"from":${text(row.fromAid)},"to":${text(row.toAid)},` +
    `"timestamp":${row.tServer},${payload},"type":${text(row.type)},"delivery_mode":"fanout",` +
    `${encrypted ? '"encrypted":true,' : ''}${proximity(row, receiver)}}`
  );
}

const oversizePayload = (row: InboxRow, sizeBytes: number, budgetBytes: number) => ({
  type: 'custom',
  kind: 'aun.oversize',
  data: { message_id: row.messageId, size_bytes: sizeBytes, budget_bytes: budgetBytes },
  fallback_text: 'message too large for this client',
});

type Stub = (row: InboxRow, payload: ReturnType<typeof oversizePayload>) => object;

const oversized =
  (stubOf: Stub) =>
  (row: InboxRow, receiver: Endpoint, sizeBytes: number, budgetBytes: number): string => {
    const stub = JSON.stringify(stubOf(row, oversizePayload(row, sizeBytes, budgetBytes)));
    return `${stub.slice(0, -1)},${proximity(row, receiver)}}`;
  };

/** What stands for a row that alone exceeds the connection's frame budget (04 §7.3). */
export const oversizeRow = oversized((row, payload) => ({
  version: 'v1',
  seq: row.seq,
  message_id: row.messageId,
  from_aid: row.fromAid,
  t_server: row.tServer,
  type: 'custom',
  legacy_v1: { to: row.toAid, payload },
}));

/** The same for the raw `message.pull`. */
export const oversizeRawRow = oversized((row, payload) => ({
  message_id: row.messageId,
  seq: row.seq,
  from: row.fromAid,
  to: row.toAid,
  timestamp: row.tServer,
  payload,
  type: 'custom',
  delivery_mode: 'fanout',
}));

/** Params of `event/message.received` without the closing brace's extras (04 §12.1). */
export const plainPush = (row: InboxRow, receiver: Endpoint, mode: 'fanout' | 'queue'): string =>
  `"message_id":${text(row.messageId)},"from":${text(row.fromAid)},"to":${text(row.toAid)},"seq":${row.seq},` +
  `"timestamp":${row.tServer},"type":${text(row.type)},${row.content},"delivery_mode":"${mode}","encrypted":false,` +
  `"device_id":${text(receiver.deviceId)},${proximity(row, receiver)}`;

/** Params of `event/peer.v2.message_received` with content (04 §12.2). */
export const inlinePush = (row: InboxRow, receiver: Endpoint): string => v2Members(row, receiver);

/** Params of the bare hint. */
export const hintPush = (seq: number, messageId: string, fromAid: string, deviceId: string): string =>
  `"seq":${seq},"message_id":${text(messageId)},"from_aid":${text(fromAid)},"device_id":${text(deviceId)}`;

/** Params of `event/message.recalled` (04 §12.3). */
export function recallPush(row: InboxRow, receiver: Endpoint): string {
  return (
    `"message_id":${text(row.messageId)},"tombstone_message_id":${text(row.messageId)},"from":${text(row.fromAid)},` +
    `"to":${text(row.toAid)},"timestamp":${row.tServer},"seq":${row.seq},"device_id":${text(receiver.deviceId)},` +
    recallPayload(row).slice(1, -1)
  );
}
