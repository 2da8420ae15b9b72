import type { JsonObject, JsonValue } from 'aun-core';
import type { MessagePayload, ReceivedMessage } from '../events/event-map.js';

type Recipient = { to: string };

type Context = { type: string; id: string; [member: string]: JsonValue };

type SendOptions = {
  /** Default true. False sends plaintext, which every gateway on the way can read. */
  encrypt?: boolean;
  message_id?: string;
  protected_headers?: Record<string, unknown>;
  context?: Record<string, unknown>;
};

/** Answer of `message.send` (04 §4.3): the server's members plus what was sent. */
export type SendResult = {
  message_id: string;
  timestamp: number;
  /** `queued`: a durable message is on disk; `outbox.sent` tells when it is out. */
  status: 'sent' | 'delivered' | 'duplicate' | 'queued';
  seq?: number;
  delivery_mode?: string;
  envelope: JsonObject;
  payload: JsonValue;
};

export type PullAnswer = {
  messages: ReceivedMessage[];
  count: number;
  latest_seq: number;
  has_more: boolean;
  server_ack_seq?: number;
};

type PullParams = { after_seq?: number; limit?: number; force?: boolean; _skip_auto_ack?: boolean };
type AckParams = { seq?: number; up_to_seq?: number };
type AckAnswer = { success: boolean; ack_seq?: number; acked?: number };

type Entry<P, R> = { params: P; result: R };

/** A signed answer to `auth.aid_login1`, which precedes renewal and rekey (01 §9.1). */
type LoginProof = { aid: string; request_id: string; nonce: string; signature: string };
type IssuedCertificate = { cert: string; ca_cert?: string };
type IssuedForKey = IssuedCertificate & { aid: string; curve?: string };

/** RPC methods whose params and results are known; every other method passes as JSON (07 §6.10). */
export interface RpcMethods {
  'auth.create_aid': Entry<
    { aid: string; public_key: string; curve?: 'P-256' },
    IssuedForKey & { created?: boolean }
  >;
  'auth.renew_cert': Entry<LoginProof, IssuedCertificate & { status: 'renewed' }>;
  'auth.rekey': Entry<LoginProof & { new_public_key: string }, IssuedCertificate & { status: 'rekeyed' }>;
  'auth.request_cert': Entry<
    { aid: string; public_key: string; curve: 'P-256' | 'P-384' },
    IssuedForKey & { status: 'issued' }
  >;
  'auth.download_cert': Entry<{ cert_sn: string }, { cert: string; ca_cert: string; cert_chain: string[] }>;
  'message.send': Entry<
    Recipient & SendOptions & ({ payload: MessagePayload | string } | { content: MessagePayload | string }),
    SendResult
  >;
  'message.pull': Entry<PullParams, PullAnswer>;
  'message.v2.pull': Entry<PullParams, PullAnswer>;
  'message.ack': Entry<AckParams, AckAnswer>;
  'message.v2.ack': Entry<AckParams, AckAnswer>;
  'message.recall': Entry<
    { message_ids: string[] },
    {
      success: boolean;
      accepted: number;
      recalled: number;
      errors: { message_id: string; error: string }[] | null;
    }
  >;
  'message.query_online': Entry<{ aids: string[] }, { online: Record<string, boolean> }>;
  'message.thought.put': Entry<
    Recipient & {
      context: Context;
      payload: MessagePayload;
      thought_id?: string;
      timestamp?: number;
    } & SendOptions,
    { thought_id: string; stored_count: number; updated_at: number; envelope: JsonObject; payload: JsonValue }
  >;
  'message.thought.get': Entry<
    { sender_aid: string; context: Context; peer_aid?: string },
    { found: boolean; thoughts: JsonObject[]; updated_at: number | null }
  >;
  'meta.ping': Entry<Record<string, never>, { pong: true; timestamp: number }>;
  'meta.status': Entry<
    Record<string, never>,
    { mode: string; aid: string; role: string; connected_at: number; protocol_version: string }
  >;
  'meta.trust_roots': Entry<Record<string, never>, JsonObject>;
}

export type RpcMethod = keyof RpcMethods;
export type ParamsOf<M extends string> = M extends RpcMethod ? RpcMethods[M]['params'] : RpcParams;
export type ResultOf<M extends string> = M extends RpcMethod ? RpcMethods[M]['result'] : RpcResult;

export type RpcParams = Readonly<Record<string, unknown>>;
export type RpcResult = JsonObject;
