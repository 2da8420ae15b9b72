import { isJsonObject, type JsonObject, normalizeGroupId } from 'aun-core';
import { isPrekeySource, KeySource, Role, SUITE } from '../constants.js';
import type { RecipientRow } from '../envelope.js';
import { payloadKind } from '../legacy.js';
import { type RecipientTree, recipientTree } from '../merkle.js';
import { checkFreshness, envelopeTexts, type FreshnessWindow, missingText, tooDeepMember } from './fields.js';
import { checkMessageId } from './p2p.js';
import { duplicateIndex, orderFault, parseRows } from './rows.js';
import { accept, E2eeRpcCode, invalid, reject, type Verdict } from './verdict.js';

/** Largest accepted serialized envelope, bytes (05 §9.3 check 2). */
export const MAX_ENVELOPE_BYTES = 1_000_000;

/** What the gateway knows about the group and the caller of `group.v2.send` (05 §9.3). */
export interface GroupContext {
  /** Canonical spelling. */
  readonly groupAid: string;
  readonly callerAid: string;
  /** Of the connection; may be `""`. */
  readonly deviceId: string;
  /** Current epoch of the group. */
  readonly epoch: number;
  /** Unix ms. */
  readonly now: number;
  readonly window?: FreshnessWindow;
  /** False for thoughts, which have no freshness window (05 §9.7). */
  readonly checkFreshness?: boolean;
  /** Serialized size when the caller knows it, e.g. from the frame; otherwise it is measured. */
  readonly sizeBytes?: number;
}

/** What the checks already computed. */
export interface ValidGroupEnvelope {
  readonly envelope: JsonObject;
  readonly messageId: string;
  /** `aad.timestamp`, Unix ms. */
  readonly timestamp: number;
  readonly rows: readonly RecipientRow[];
  readonly tree: RecipientTree;
  /** `aad.state_commitment.state_version`, 0 when absent. */
  readonly stateVersion: number;
  /** What makes two sends of one message id the same message (05 §9.3 check 15). */
  readonly identity: { readonly digest: string; readonly tag: string };
}

/**
 * Checks 2-8 of 05 §9.3 in their order; the checks against members and devices (9-13) are
 * {@link checkGroupCoverage}. Any JSON value is safe.
 */
export function validateGroupEnvelope(value: unknown, context: GroupContext): Verdict<ValidGroupEnvelope> {
  const form = checkForm(value, context);
  if (!form.ok) return form;
  const { envelope, aad } = form.data;
  const origin = checkOrigin(envelope, aad, context);
  if (!origin.ok) return origin;
  if (aad.epoch !== context.epoch) {
    const data = { group_aid: context.groupAid, current_epoch: context.epoch };
    return reject(E2eeRpcCode.epochMismatch, 'envelope.epoch', `current epoch is ${context.epoch}`, data);
  }
  const timestamp = checkTime(aad, context);
  if (!timestamp.ok) return timestamp;
  const rows = checkGroupRows(envelope.recipients, context);
  if (!rows.ok) return rows;
  const tree = recipientTree(rows.data);
  const digest = String(envelope.recipients_digest).toLowerCase();
  if (digest !== tree.root) {
    return reject(
      E2eeRpcCode.recipientsDigestInvalid,
      'envelope.recipients_digest',
      'is not the Merkle root of recipients',
    );
  }
  return accept({
    envelope,
    messageId: origin.data,
    timestamp: timestamp.data,
    rows: rows.data,
    tree,
    stateVersion: stateVersionOf(aad),
    identity: { digest, tag: String(envelope.tag) },
  });
}

/** Check 2. */
function checkForm(
  value: unknown,
  context: GroupContext,
): Verdict<{ readonly envelope: JsonObject; readonly aad: JsonObject }> {
  if (!isJsonObject(value) || payloadKind(value) !== 'group_v2') {
    return invalid('envelope.type', 'must be e2ee.group_encrypted of version v2');
  }
  const { aad } = value;
  if (value.suite !== SUITE) return invalid('envelope.suite', `must be ${SUITE}`);
  if (!isJsonObject(aad)) return invalid('envelope.aad', 'must be an object');
  if (aad.suite !== SUITE) return invalid('envelope.aad.suite', `must be ${SUITE}`);
  const missing = missingText(value, envelopeTexts);
  if (missing !== null) return invalid(`envelope.${missing}`, 'must be a non-empty string');
  const undecodable = envelopeTexts.find((name) => !decodes(name, String(value[name])));
  if (undecodable !== undefined) return invalid(`envelope.${undecodable}`, 'cannot be decoded');
  if (value.msg_type !== undefined && value.msg_type !== 'original') {
    return invalid('envelope.msg_type', 'only "original" is supported');
  }
  const deep = tooDeepMember(value);
  if (deep !== null) return invalid(`envelope.${deep}`, 'is nested too deeply');
  const size = context.sizeBytes ?? serializedSize(value);
  if (size > MAX_ENVELOPE_BYTES) return invalid('envelope', `is larger than ${MAX_ENVELOPE_BYTES} bytes`);
  return accept({ envelope: value, aad });
}

const base64Text = /^[A-Za-z0-9+/]*={0,2}$/;
const hexText = /^[0-9a-fA-F]*$/;

function decodes(name: (typeof envelopeTexts)[number], text: string): boolean {
  return name === 'recipients_digest'
    ? text.length % 2 === 0 && hexText.test(text)
    : text.length % 4 === 0 && base64Text.test(text);
}

/** Bytes of the JSON text; infinite for a value that has none (nested beyond what the platform serialises). */
function serializedSize(envelope: JsonObject): number {
  try {
    return new TextEncoder().encode(JSON.stringify(envelope)).length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Check 3; gives the message id. */
function checkOrigin(envelope: JsonObject, aad: JsonObject, context: GroupContext): Verdict<string> {
  if (!namesGroup(envelope.group_id, context.groupAid)) {
    return invalid('envelope.group_id', 'must be the group of the request');
  }
  if (!namesGroup(aad.group_id, context.groupAid)) {
    return invalid('envelope.aad.group_id', 'must be the group of the request');
  }
  if (aad.from !== context.callerAid) return invalid('envelope.aad.from', 'must be the caller');
  if (aad.from_device !== context.deviceId) {
    return invalid('envelope.aad.from_device', 'must be the device of the connection');
  }
  if (typeof aad.epoch !== 'number' || aad.epoch !== envelope.epoch) {
    return invalid('envelope.aad.epoch', 'must equal envelope.epoch');
  }
  return checkMessageId(aad, 'envelope.aad.message_id');
}

function namesGroup(value: unknown, groupAid: string): boolean {
  return typeof value === 'string' && normalizeGroupId(value) === groupAid;
}

/** Check 5. */
function checkTime(aad: JsonObject, context: GroupContext): Verdict<number> {
  const { now, window = {} } = context;
  const code = E2eeRpcCode.envelopeStale;
  const unlimited = { pastMs: Number.POSITIVE_INFINITY, futureMs: Number.POSITIVE_INFINITY };
  const limits = context.checkFreshness === false ? unlimited : window;
  return checkFreshness(aad.timestamp, 'envelope.aad.timestamp', now, limits, code);
}

/** Checks 6 and 7. */
function checkGroupRows(recipients: unknown, context: GroupContext): Verdict<readonly RecipientRow[]> {
  const path = 'envelope.recipients';
  const rows = parseRows(recipients, path, Number.POSITIVE_INFINITY);
  if (!rows.ok) return rows;
  for (const [i, row] of rows.data.entries()) {
    const reason = rowFault(row, context.callerAid);
    if (reason !== null) return invalid(`${path}[${i}]`, reason);
  }
  const order = orderFault(rows.data);
  if (order === null) return rows;
  // Only an unsorted list needs the slow search: a repeated row is reported before the order (check 6 before 7).
  const duplicate = order.duplicate ? order.index : duplicateIndex(rows.data);
  if (duplicate !== null) return invalid(`${path}[${duplicate}]`, 'repeats aid, device_id and role');
  const field = `${path}[${order.index}]`;
  return reject(E2eeRpcCode.recipientsUnsorted, field, 'is not sorted by aid, device_id, role');
}

function rowFault([aid, , role, keySource, , spkId]: RecipientRow, callerAid: string): string | null {
  if (role === Role.selfSync ? aid !== callerAid : role === Role.member && aid === callerAid) {
    return 'self_sync rows name the sender, member rows somebody else';
  }
  if (role !== Role.member && role !== Role.selfSync && role !== Role.audit) {
    return 'role must be member, self_sync or audit';
  }
  if (keySource !== KeySource.aidMaster && !isPrekeySource(keySource)) return 'key_source is unknown';
  if ((spkId === '') !== (keySource === KeySource.aidMaster))
    return 'spk_id is empty iff key_source is aid_master';
  return null;
}

function stateVersionOf(aad: JsonObject): number {
  const commitment = aad.state_commitment;
  const version = isJsonObject(commitment) ? commitment.state_version : 0;
  return typeof version === 'number' ? version : 0;
}
