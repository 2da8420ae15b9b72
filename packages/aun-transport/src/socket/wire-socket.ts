import type { Clock, ConnectionError } from 'aun-core';
import type { NetworkOptions } from '../net/options.js';

export interface CloseInfo {
  /** As the WebSocket protocol has it: 1005 for a close without a code, 1006 for a lost connection. */
  readonly code: number;
  readonly reason: string;
}

export interface SocketListener {
  message(text: string): void;
  /** Called once, after the last message. */
  close(info: CloseInfo): void;
}

/** An open WebSocket that carries text frames, whatever library it comes from. */
export interface WireSocket {
  readonly url: string;
  /** Bytes accepted by `send` but not yet handed to the network. */
  readonly bufferedAmount: number;
  /** Starts delivery. What arrived before is delivered first, at once and in order. One listener per socket. */
  listen(listener: SocketListener): void;
  /** Fulfils when the frame was handed to the network. @throws {ConnectionError} when the socket is not open */
  send(text: string): Promise<void>;
  /** Like {@link send} for those who only want to know when it goes wrong; never throws. */
  post(text: string, onFailure: (error: ConnectionError) => void): void;
  /** Polite close without a status code; forced after 3 s without an answer (02 §3.1). */
  close(): void;
  /** Drops the connection. */
  terminate(): void;
}

export interface SocketOptions extends NetworkOptions {
  /** Time to the completed upgrade. Default 5,000 ms. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Larger inbound frames close the socket with 1009. Default 16 MiB. */
  readonly maxFrameBytes?: number;
  readonly clock?: Clock;
}

/**
 * Opens a WebSocket.
 *
 * @throws {ValidationError} for a URL that is none
 * @throws {TimeoutError} when it is not open in time
 * @throws {ConnectionError} when it cannot be opened; `data.status` is the HTTP status of a refused upgrade.
 *   The signal's reason when it was aborted.
 */
export type SocketOpener = (url: string, options?: SocketOptions) => Promise<WireSocket>;

export const defaultOpenTimeoutMs = 5_000;
export const defaultMaxFrameBytes = 16 * 1024 * 1024;
/** How long a polite close may take (02 §3.1). */
export const closeTimeoutMs = 3_000;
