import type { JsonObject } from 'aun-core';
import type { SessionInfo } from './session-info.js';

/** What became of a frame that was offered to a connection. */
export type SendOutcome = 'sent' | 'dropped';

/** How important a frame is when the peer reads too slowly (02 §6). */
export type FrameClass = 'answer' | 'data' | 'droppable';

/** One socket as sessions and services see it: frames out, close, pressure. Implemented in `ws/`. */
export interface ConnectionPort {
  readonly id: string;
  readonly remoteAddress: string;
  /** Unix ms of the last request or notification from the client. */
  readonly lastActivityAt: number;
  /** True while more than the high-water mark waits to be written. */
  readonly congested: boolean;
  /** `expiresAt`: Unix ms after which a droppable frame is not written any more. */
  send(text: string, frameClass: FrameClass, expiresAt?: number): SendOutcome;
  /** WebSocket close; the peer gets `reason` (ASCII, at most 123 bytes). */
  close(code: number, reason: string): void;
  /** Closes after a pause in which the answer can leave. */
  closeAfter(code: number, reason: string, delayMs: number): void;
  /** Runs once when the queue has emptied below the low-water mark; at once when it is already. */
  whenDrained(task: () => void): void;
}

/** An authenticated connection that is registered. */
export interface LiveSession {
  readonly info: SessionInfo;
  readonly port: ConnectionPort;
  /** Bytes that one outgoing frame may have (02 §3.1). */
  readonly frameBudget: number;
  /** False until the answer to `auth.connect` was sent: no event may precede it (02 §4.4). */
  ready: boolean;
}

/** Details of `event/gateway.disconnect` (02 §11.1). */
export type KickDetail = JsonObject;
