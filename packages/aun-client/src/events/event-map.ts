import type { JsonObject, JsonValue } from 'aun-core';
import type { StateChange } from '../connection/state-machine.js';

/** A received message (07 §9, 04 §14.9). */
export type ReceivedMessage = {
  readonly message_id: string;
  readonly from: string;
  readonly to: string;
  readonly seq: number;
  /** Unix milliseconds, the server's clock. */
  readonly timestamp: number;
  readonly t_server?: number;
  readonly payload: MessagePayload;
  readonly encrypted: boolean;
  readonly direction?: 'inbound' | 'outbound_sync';
  readonly device_id: string;
  readonly slot_id: string;
  readonly e2ee?: JsonObject;
  readonly protected_headers?: Readonly<Record<string, string>>;
  readonly payload_type?: string;
  readonly context?: JsonObject;
  readonly envelope: JsonObject;
  readonly [member: string]: unknown;
};

/** What an application put into a message; usually an object with `type` and, for text, `text`. */
export type MessagePayload = {
  readonly type?: string;
  readonly text?: string;
  readonly [member: string]: unknown;
};

export type UndecryptableMessage = {
  readonly message_id: string;
  readonly from: string;
  readonly to: string;
  readonly seq: number;
  readonly timestamp: number;
  readonly _decrypt_error: string;
  readonly _decrypt_stage: 'spk_lookup' | 'sender_ik' | 'decrypt' | 'push_envelope';
  readonly [member: string]: unknown;
};

export type RecalledMessage = {
  readonly message_ids: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly message_id: string;
  readonly tombstone_message_id: string;
  readonly [member: string]: unknown;
};

/** Events and their payloads (07 §9). */
export interface EventMap {
  state_change: StateChange;
  'connection.state': Omit<StateChange, 'from' | 'to' | 'state'> & {
    from: string;
    to: string;
    state: string;
  };
  'connection.error': { error: unknown; code: string; attempt?: number };
  'connection.challenge': JsonObject;
  'gateway.disconnect': { code: number | null; reason: string; detail: JsonValue };
  'token.refreshed': { aid: string; expires_at: number; expiresAt: number };
  'token.refresh_exhausted': {
    aid: string;
    consecutive_failures: number;
    last_error: string;
    relogin_required?: boolean;
  };
  'message.received': ReceivedMessage;
  'message.recalled': RecalledMessage;
  'message.undecryptable': UndecryptableMessage;
  'message.ack': JsonObject;
  'group.message_created': JsonObject;
  'group.message_recalled': JsonObject;
  'group.message_undecryptable': UndecryptableMessage;
  'group.changed': JsonObject;
  'seq_tracker.persist_error': {
    phase: 'save' | 'restore';
    aid: string;
    device_id: string;
    slot_id: string;
    error: unknown;
  };
  'outbox.sent': { message_id: string; to: string; status: string };
  'outbox.failed': { message_id: string; to: string; error: unknown; code: string };
  /** A card seen in traffic was downloaded in the background (09 §8.2). */
  'agent_md.updated': { aid: string; etag: string };
  notification: { method: string; params: JsonObject };
}

export type EventName = keyof EventMap;
