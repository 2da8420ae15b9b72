import { isJsonObject, type JsonObject } from 'aun-core';
import { Role, SUITE } from '../constants.js';
import type { RecipientRow } from '../envelope.js';
import { payloadKind } from '../legacy.js';
import { type RecipientTree, recipientTree } from '../merkle.js';
import {
  checkFreshness,
  envelopeTexts,
  type FreshnessWindow,
  MAX_MESSAGE_ID,
  missingText,
  tooDeepMember,
} from './fields.js';
import { MAX_P2P_ROWS, orderFault, parseRows } from './rows.js';
import { accept, E2eeRpcCode, invalid, reject, type Verdict } from './verdict.js';

/** What the gateway knows about the caller of `message.send` (04 §5.2). */
export interface P2PContext {
  readonly callerAid: string;
  /** Of the connection; may be `""`. */
  readonly deviceId: string;
  /** Param `to` of the request. */
  readonly to: string;
  /** Unix ms. */
  readonly now: number;
  readonly window?: FreshnessWindow;
  /** AIDs that may appear in `audit` rows. */
  readonly auditAids?: readonly string[];
}

/** What the checks already computed, so that storing needs no second pass. */
export interface ValidP2PEnvelope {
  readonly envelope: JsonObject;
  readonly messageId: string;
  /** `aad.timestamp`, Unix ms. */
  readonly timestamp: number;
  readonly rows: readonly RecipientRow[];
  /** Proofs for the per-device forms. */
  readonly tree: RecipientTree;
}

/**
 * Checks 1-7 of 04 §5.2 in their order, and a limit on nesting: neither signature nor ciphertext nor key contents.
 * Coverage (8-10) is {@link checkP2PCoverage}. Any JSON value is safe.
 */
export function validateP2PEnvelope(value: unknown, context: P2PContext): Verdict<ValidP2PEnvelope> {
  if (!isJsonObject(value) || payloadKind(value) !== 'p2p_v2') return versionFault('e2ee_v2');
  const { aad } = value;
  if (value.suite !== SUITE) return invalid('payload.suite', `must be ${SUITE}`);
  if (!isJsonObject(aad)) return invalid('payload.aad', 'must be an object');
  if (aad.suite !== SUITE) return invalid('payload.aad.suite', `must be ${SUITE}`);
  const message = checkAad(aad, context);
  if (!message.ok) return message;
  const timestamp = checkTimes(value, aad, context);
  if (!timestamp.ok) return timestamp;
  const missing = missingText(value, envelopeTexts);
  if (missing !== null) return invalid(`payload.${missing}`, 'must be a non-empty string');
  if (value.msg_type !== undefined && value.msg_type !== 'original') {
    return invalid('payload.msg_type', 'only "original" is supported');
  }
  const deep = tooDeepMember(value);
  if (deep !== null) return invalid(`payload.${deep}`, 'is nested too deeply');
  const rows = checkP2PRows(value.recipients, context);
  if (!rows.ok) return rows;
  const tree = recipientTree(rows.data);
  if (String(value.recipients_digest).toLowerCase() !== tree.root) {
    return invalid('payload.recipients_digest', 'is not the Merkle root of recipients');
  }
  const { data: messageId } = message;
  return accept({ envelope: value, messageId, timestamp: timestamp.data, rows: rows.data, tree });
}

/** The refusal of anything encrypted that is not V2 (03 §9.1). */
export function versionFault(requiredProtocol: 'e2ee_v2' | 'group_e2ee_v2'): Verdict<never> {
  return reject(E2eeRpcCode.versionUnsupported, 'payload.type', 'E2EE_VERSION_UNSUPPORTED', {
    required_protocol: requiredProtocol,
  });
}

/** Check 3; gives the message id. */
function checkAad(aad: JsonObject, context: P2PContext): Verdict<string> {
  if (aad.from !== context.callerAid) return invalid('payload.aad.from', 'must be the caller');
  if (aad.from_device !== context.deviceId) {
    return invalid('payload.aad.from_device', 'must be the device of the connection');
  }
  if (aad.to !== context.to) return invalid('payload.aad.to', 'must equal param "to"');
  return checkMessageId(aad, 'payload.aad.message_id');
}

/** Control characters and halves of surrogate pairs (04 §1.2 rule 6): no store keeps them as they are. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it finds
const unfitForId = /[\u0000-\u001f\u007f]|\p{Surrogate}/u;

/** `aad.message_id`: non-empty text of at most 128 characters, none of them a control character. */
export function checkMessageId(aad: JsonObject, field: string): Verdict<string> {
  const id = aad.message_id;
  const usable = typeof id === 'string' && id !== '' && id.length <= MAX_MESSAGE_ID;
  if (!usable) return invalid(field, `must be a string of 1 to ${MAX_MESSAGE_ID} characters`);
  return unfitForId.test(id) ? invalid(field, 'must not contain control characters') : accept(id);
}

/** Check 4. */
function checkTimes(envelope: JsonObject, aad: JsonObject, context: P2PContext): Verdict<number> {
  const { now, window = {} } = context;
  const stale = E2eeRpcCode.invalidParams;
  const timestamp = checkFreshness(aad.timestamp, 'payload.aad.timestamp', now, window, stale);
  if (!timestamp.ok || envelope.t_send === undefined) return timestamp;
  const sent = checkFreshness(envelope.t_send, 'payload.t_send', now, window, stale);
  return sent.ok ? timestamp : sent;
}

/** Check 6. */
function checkP2PRows(recipients: unknown, context: P2PContext): Verdict<readonly RecipientRow[]> {
  const path = 'payload.recipients';
  const rows = parseRows(recipients, path, MAX_P2P_ROWS);
  if (!rows.ok) return rows;
  for (const [i, row] of rows.data.entries()) {
    const fault = ownerFault(row, `${path}[${i}]`, context);
    if (fault !== null) return fault;
  }
  const order = orderFault(rows.data);
  if (order === null) return rows;
  const reason = order.duplicate
    ? 'repeats aid, device_id and role'
    : 'is not sorted by aid, device_id, role';
  return invalid(`${path}[${order.index}]`, reason);
}

function ownerFault([aid, , role]: RecipientRow, field: string, context: P2PContext): Verdict<never> | null {
  if (role === Role.peer) return aid === context.to ? null : invalid(field, 'a peer row must name "to"');
  if (role === Role.selfSync) {
    return aid === context.callerAid ? null : invalid(field, 'a self_sync row must name the caller');
  }
  if (role !== Role.audit) return invalid(field, 'role must be peer, self_sync or audit');
  if (context.auditAids?.includes(aid)) return null;
  return reject(E2eeRpcCode.recipientMismatch, field, 'is no configured audit recipient', {
    unexpected_aids: [aid],
  });
}
