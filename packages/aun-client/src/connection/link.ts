import type { JsonObject, JsonValue } from 'aun-core';
import type { CallOptions, TraceMode } from 'aun-transport';

export type LinkCallOptions = Pick<CallOptions, 'timeoutMs' | 'background' | 'signal'> & {
  readonly trace?: TraceMode;
};

/** Why a link is gone. `code` is the WebSocket close code, when there was one. */
export type LinkEnd = { readonly code?: number; readonly reason: string; readonly error?: unknown };

/** A frame without id that arrived on a link. */
export type Inbound =
  | { readonly kind: 'event'; readonly name: string; readonly params: JsonObject; readonly meta?: JsonObject }
  | { readonly kind: 'notification'; readonly frame: JsonObject }
  | { readonly kind: 'challenge'; readonly params: JsonObject }
  | { readonly kind: 'error'; readonly error: Error };

/** One authenticated socket, from `auth.connect` to its end. */
export interface Link {
  readonly gatewayUrl: string;
  /** Result of `auth.connect` (02 §4.4). */
  readonly handshake: JsonObject;
  /** Unix milliseconds. */
  readonly openedAt: number;
  call(method: string, params: JsonObject, options?: LinkCallOptions): Promise<JsonValue>;
  /** Resolves when the frame is written. */
  notify(method: string, params: JsonObject): Promise<void>;
  /** Delivers inbound frames from now on; those that came earlier first. */
  start(onInbound: (frame: Inbound) => void): void;
  /** Resolves once, when the socket is gone for whatever reason. */
  readonly ended: Promise<LinkEnd>;
  /** Why nothing can be called any more, known before `ended` resolves; null while the link is usable. */
  readonly end: LinkEnd | null;
  /** Polite close; resolves when the socket is gone. */
  close(): Promise<void>;
  /** Drops the socket, for links that are suspected to be dead. */
  terminate(): void;
}
