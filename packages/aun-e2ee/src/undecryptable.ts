import type { JsonObject, JsonValue } from 'aun-core';
import { bodyOf } from './opened-message.js';

export type UndecryptableStage = 'spk_lookup' | 'sender_ik' | 'decrypt' | 'push_envelope';

/** An event for the application about a message that could not be opened; never holds ciphertext (03 §8.3). */
export interface UndecryptableEvent {
  readonly event: 'message.undecryptable' | 'group.message_undecryptable';
  readonly payload: JsonObject;
}

export interface UndecryptableFacts {
  readonly stage: UndecryptableStage;
  /** Text of `_decrypt_error`. */
  readonly error: string;
  /** Stable code (03 §8.1), ours. */
  readonly code?: string;
  /** Set at stage `spk_lookup`. */
  readonly spkId?: string;
  /** `""` for P2P. */
  readonly groupId: string;
}

const PUSH_ERROR = 'encrypted push payload is not decryptable on raw push path';

/** The event for a pulled row (03 §8.3). `row` is as on the wire, `envelope` its parsed `envelope_json`. */
export function undecryptableRow(
  row: JsonObject,
  envelope: JsonObject,
  facts: UndecryptableFacts,
): UndecryptableEvent {
  const payload = {
    message_id: row.message_id ?? '',
    from: row.from_aid ?? row.from ?? '',
    to: row.to ?? '',
    seq: row.seq ?? '',
    timestamp: row.t_server ?? row.timestamp ?? '',
    device_id: row.device_id ?? '',
    slot_id: row.slot_id ?? '',
    ...details(envelope, facts),
    ...(facts.groupId === '' ? {} : { group_id: facts.groupId }),
  };
  return { event: eventName(facts.groupId !== ''), payload };
}

/** The event for a raw push that is encrypted and cannot be opened in place (03 §8.3). Absent members stay absent. */
export function undecryptablePush(
  message: JsonObject,
  envelope: JsonObject | null,
  isGroup: boolean,
): UndecryptableEvent {
  const timestamp = message.timestamp ?? message.t_server;
  const members: { [key: string]: JsonValue | undefined } = {
    message_id: message.message_id,
    from: message.from ?? message.from_aid,
    to: message.to,
    seq: message.seq,
    timestamp,
    device_id: message.device_id,
    slot_id: message.slot_id,
    group_id: isGroup ? message.group_id : undefined,
  };
  const present = Object.entries(members).filter(([, value]) => value !== undefined);
  const facts = { stage: 'push_envelope', error: PUSH_ERROR, groupId: '' } as const;
  const payload = { ...Object.fromEntries(present), ...details(envelope ?? {}, facts) } as JsonObject;
  return { event: eventName(isGroup), payload };
}

function eventName(isGroup: boolean): UndecryptableEvent['event'] {
  return isGroup ? 'group.message_undecryptable' : 'message.undecryptable';
}

/** Unverified metadata, for display only. */
function details(envelope: JsonObject, facts: UndecryptableFacts): JsonObject {
  const headers = bodyOf(envelope.protected_headers);
  const type = envelope.payload_type;
  return {
    _decrypt_error: facts.error,
    _decrypt_stage: facts.stage,
    ...(typeof envelope.type === 'string' ? { _envelope_type: envelope.type } : {}),
    ...(typeof envelope.suite === 'string' ? { _suite: envelope.suite } : {}),
    ...(facts.spkId === undefined ? {} : { _spk_id: facts.spkId }),
    ...(typeof type === 'string' && type !== '' ? { payload_type: type } : {}),
    ...(headers === null ? {} : { protected_headers: headers }),
    ...(envelope.agent_md === undefined ? {} : { agent_md: envelope.agent_md }),
    ...(facts.code === undefined ? {} : { code: facts.code }),
  };
}
