import type { Duplex } from 'node:stream';
import { type Clock, CloseCode } from 'aun-core';
import type { RawData, WebSocket } from 'ws';
import type { ConnectionPort, FrameClass, SendOutcome } from '../session/live-session.js';
import { Outbox, type OutboxLimits } from './outbox.js';

/** Time for the close handshake before the TCP connection is cut. */
const CLOSE_GRACE_MS = 2_000;

export interface WireConnectionEvents {
  frame(connection: WireConnection, text: string, now: number): void;
  /** `code` is what the peer gave, 1006 when it gave none. */
  closed(connection: WireConnection, code: number): void;
}

export interface WireConnectionOptions {
  readonly id: string;
  readonly nonce: string;
  readonly remoteAddress: string;
  readonly clock: Clock;
  /** What the WebSocket runs on. */
  readonly stream: Duplex;
  readonly limits: OutboxLimits;
  readonly events: WireConnectionEvents;
}

/** One WebSocket: frames in and out, pressure, close. Knows nothing of sessions. */
export class WireConnection implements ConnectionPort {
  readonly id: string;
  readonly nonce: string;
  readonly remoteAddress: string;
  readonly openedAt: number;
  /** Last request, with a session also notification. */
  lastActivityAt: number;
  /** Last frame or pong of any kind. */
  lastInboundAt: number;
  lastPingAt: number;
  /** Since when the peer has been reading too slowly, or null. */
  congestedSince: number | null = null;
  /** Requests that are being served. */
  inFlight = 0;
  /** Requests that came, this one included. */
  requests = 0;
  malformedFrames = 0;
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  #closing = false;

  constructor(socket: WebSocket, options: WireConnectionOptions) {
    const { clock, events } = options;
    this.id = options.id;
    this.nonce = options.nonce;
    this.remoteAddress = options.remoteAddress;
    this.#socket = socket;
    this.#clock = clock;
    const now = clock.now();
    this.openedAt = now;
    this.lastActivityAt = now;
    this.lastInboundAt = now;
    this.lastPingAt = now;
    this.#outbox = new Outbox(
      socket,
      options.stream,
      options.limits,
      (congested) => this.#pressure(congested),
      () => clock.now(),
    );
    socket.on('message', (data, isBinary) => {
      const now = clock.now();
      this.lastInboundAt = now;
      if (!this.#closing) events.frame(this, isBinary ? '' : frameText(data), now);
    });
    socket.on('pong', () => {
      this.lastInboundAt = clock.now();
    });
    // `ws` closes the socket itself after an error (oversized frame: 1009, bad UTF-8: 1007).
    socket.on('error', () => {});
    socket.once('close', (code) => events.closed(this, code));
  }

  /** Closing was decided: nothing that still arrives is served. */
  get closing(): boolean {
    return this.#closing;
  }

  get congested(): boolean {
    return this.#outbox.congested;
  }

  send(text: string, frameClass: FrameClass, expiresAt?: number): SendOutcome {
    const outcome = this.#outbox.send(text, frameClass, expiresAt);
    if (outcome !== 'overflow') return outcome;
    this.close(CloseCode.tryLater, 'slow consumer');
    return 'dropped';
  }

  whenDrained(task: () => void): void {
    this.#outbox.whenDrained(task);
  }

  ping(): void {
    this.lastPingAt = this.#clock.now();
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  close(code: number, reason: string): void {
    this.#closing = true;
    this.#socket.resume();
    this.#outbox.flush();
    this.#socket.close(code, reason.slice(0, 120));
    this.#clock.setTimeout(() => this.terminate(), CLOSE_GRACE_MS, { background: true });
  }

  closeAfter(code: number, reason: string, delayMs: number): void {
    this.#closing = true;
    this.#clock.setTimeout(() => this.close(code, reason), delayMs, { background: true });
  }

  /** Cuts the TCP connection. */
  terminate(): void {
    this.#closing = true;
    this.#socket.terminate();
  }

  /** A peer that does not read is not read from either: its answers cannot pile up. */
  #pressure(congested: boolean): void {
    this.congestedSince = congested ? this.#clock.now() : null;
    if (congested) this.#socket.pause();
    else this.#socket.resume();
  }
}

const frameText = (data: RawData): string => {
  if (Buffer.isBuffer(data)) return data.toString('utf8');
  return Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]).toString('utf8');
};
