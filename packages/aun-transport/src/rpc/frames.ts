import type { JsonObject, JsonValue } from 'aun-core';

/** Largest serialized request of a client, in UTF-8 bytes (02 §3.1). */
export const MAX_REQUEST_BYTES = 1_000_000;
/** Largest serialized params of a notification of a client, in UTF-8 bytes (02 §3.1). */
export const MAX_NOTIFICATION_PARAMS_BYTES = 65_536;

/** Request ids are opaque; servers echo them unchanged (02 §3.2). */
export type RpcId = string | number;

export interface RpcErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: JsonValue;
}

/** Members beside `result` and `error`, and beside `params` of an event (02 §8, §19.1). */
export interface FrameExtras {
  readonly meta?: JsonObject;
  readonly trace?: JsonObject;
}

/** What a client makes of an inbound frame (02 §3.3). */
export type ServerFrame =
  | { readonly kind: 'response'; readonly id: JsonValue; readonly frame: JsonObject }
  | { readonly kind: 'challenge'; readonly params: JsonObject }
  | ({ readonly kind: 'event'; readonly name: string; readonly params: JsonObject } & FrameExtras)
  | ({ readonly kind: 'notification'; readonly method: string; readonly frame: JsonObject } & FrameExtras)
  | { readonly kind: 'invalid'; readonly reason: string };

/** What a server makes of an inbound frame (02 §3.1, §3.2, §3.4). */
export type ClientFrame =
  | { readonly kind: 'request'; readonly id: RpcId; readonly method: string; readonly params: JsonObject }
  | { readonly kind: 'notification'; readonly method: string; readonly params: JsonObject }
  | { readonly kind: 'invalid'; readonly id: RpcId | null; readonly error: RpcErrorObject };
