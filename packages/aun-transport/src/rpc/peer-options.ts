import type { Clock, JsonObject, Logger, RandomBytes } from 'aun-core';
import type { CloseInfo } from '../socket/wire-socket.js';
import type { FlowControl } from './flow-control.js';
import type { RpcObserver } from './observer.js';
import type { TraceMode } from './trace.js';

/** Default time for a call: waiting for its turn plus waiting for the answer (02 §16). */
export const defaultCallTimeoutMs = 35_000;

export interface RpcPeerOptions {
  readonly clock?: Clock;
  readonly randomBytes?: RandomBytes;
  readonly logger?: Logger;
  /** Shared between connections if one limit is meant to hold for them together. Default: one of 16/8 per peer. */
  readonly flow?: FlowControl;
  readonly observer?: RpcObserver;
  /** Default 35,000. */
  readonly callTimeoutMs?: number;
}

export interface CallOptions {
  /** From the call to the answer, time in the queue included. */
  readonly timeoutMs?: number;
  /** Counts against the 8 places of background work and lets foreground calls pass. */
  readonly background?: boolean;
  readonly signal?: AbortSignal;
  /** Default off. */
  readonly trace?: TraceMode;
}

export interface PeerEvent {
  /** Without `event/`. */
  readonly name: string;
  readonly params: JsonObject;
  readonly meta?: JsonObject;
}

export interface PeerClose extends CloseInfo {
  /** True when this side closed. */
  readonly local: boolean;
}

export interface RpcPeerEvents {
  /** A server event. */
  event: PeerEvent;
  /** A notification that is neither event nor challenge: the whole frame. */
  notification: JsonObject;
  /** A challenge after the first frame. */
  challenge: JsonObject;
  /** A frame nobody could make sense of; the connection goes on. */
  error: Error;
  /** Once, after the last frame. */
  close: PeerClose;
}
