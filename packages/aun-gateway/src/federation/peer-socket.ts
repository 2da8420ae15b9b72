import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { rootCertificates } from 'node:tls';
import type { Clock, TimerHandle } from 'aun-core';
import { isLocalhostName } from 'aun-transport';
import { WebSocket } from 'ws';
import { MAX_FRAME } from './hello.js';
import { LinkFault } from './link-fault.js';

/** Names below `.localhost` are this machine, without DNS (RFC 6761). */
const lookup: LookupFunction = (hostname, options, callback) => {
  if (!isLocalhostName(hostname)) systemLookup(hostname, options, callback);
  else if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};

export interface PeerSocketOptions {
  readonly clock: Clock;
  /** PEM texts that TLS may end in, besides the system's roots. */
  readonly tlsRoots: string | undefined;
  readonly timeoutMs: number;
  readonly pingIntervalMs: number;
  readonly pongTimeoutMs: number;
}

/** An open socket to another gateway; pings while it is open, and is cut off when it does not answer. */
export class PeerSocket {
  onText: (text: string) => void = () => {};
  onClose: (code: number, reason: string) => void = () => {};
  readonly #ws: WebSocket;
  readonly #options: PeerSocketOptions;
  readonly #early: string[] = [];
  #timer: TimerHandle = undefined;
  #heard = true;

  private constructor(ws: WebSocket, options: PeerSocketOptions) {
    this.#ws = ws;
    this.#options = options;
    this.onText = (text) => void this.#early.push(text);
    ws.on('message', (data) => {
      this.#heard = true;
      this.onText(data.toString());
    });
    ws.on('pong', () => {
      this.#heard = true;
    });
    ws.on('error', () => {});
    ws.on('close', (code, reason) => {
      options.clock.clearTimeout(this.#timer);
      this.onClose(code, reason.toString());
    });
    this.#schedulePing();
  }

  /** @throws LinkFault `unreachable` */
  static open(url: string, options: PeerSocketOptions): Promise<PeerSocket> {
    return new Promise((resolve, reject) => {
      const ws = new WebSocket(url, {
        perMessageDeflate: false,
        followRedirects: false,
        handshakeTimeout: options.timeoutMs,
        maxPayload: 2 * MAX_FRAME,
        lookup,
        ...(options.tlsRoots === undefined ? {} : { ca: [...rootCertificates, options.tlsRoots] }),
      });
      const socket = new PeerSocket(ws, options);
      const failed = (error: Error) => reject(new LinkFault('unreachable', error.message, { cause: error }));
      ws.once('error', failed);
      ws.once('open', () => resolve(socket));
    });
  }

  /** Takes the frames from now on; those that came before are delivered first. */
  listen(onText: (text: string) => void): void {
    for (const text of this.#early.splice(0)) onText(text);
    this.onText = onText;
  }

  get isOpen(): boolean {
    return this.#ws.readyState === WebSocket.OPEN;
  }

  send(text: string): void {
    this.#ws.send(text, () => {});
  }

  close(code: number, reason: string): void {
    this.#ws.close(code, reason);
    const timer = this.#options.clock.setTimeout(() => this.#ws.terminate(), 2_000, { background: true });
    this.#ws.once('close', () => this.#options.clock.clearTimeout(timer));
  }

  terminate(): void {
    this.#ws.terminate();
  }

  #schedulePing(): void {
    const { clock, pingIntervalMs, pongTimeoutMs } = this.#options;
    this.#timer = clock.setTimeout(
      () => {
        if (!this.isOpen) return this.#schedulePing();
        this.#heard = false;
        this.#ws.ping(() => {});
        this.#timer = clock.setTimeout(
          () => {
            if (this.#heard) this.#schedulePing();
            else this.#ws.terminate();
          },
          pongTimeoutMs,
          { background: true },
        );
      },
      pingIntervalMs,
      { background: true },
    );
  }
}
