import { type Clock, isJsonObject, type Logger, type TimerHandle, tryParseJson } from 'aun-core';
import { sliceMember } from '../rpc/json-slice.js';
import type { CircuitBreaker } from './circuit-breaker.js';
import type { Introduced } from './initiate.js';
import { LinkFault } from './link-fault.js';
import type { PeerSocket } from './peer-socket.js';

const MAX_IN_FLIGHT = 64;
const MAX_QUEUE = 1_000;
const IDLE_CHECK_MS = 60_000;

export interface PeerLinkDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly breaker: CircuitBreaker;
  readonly idleCloseMs: number;
  /** Opens a socket and introduces us on it. @throws LinkFault */
  connect(): Promise<{ readonly socket: PeerSocket; readonly introduced: Introduced }>;
  /** A connection stands. */
  onReady(): void;
}

interface Waiting {
  readonly id: string;
  readonly text: string;
  readonly timer: TimerHandle;
  readonly resolve: (resultText: string) => void;
  readonly reject: (fault: LinkFault) => void;
}

/** One connection to another gateway, made when it is needed: at most 64 requests on the way, 1,000 waiting (02 §20.4). */
export class PeerLink {
  readonly #deps: PeerLinkDeps;
  readonly #queue: Waiting[] = [];
  readonly #inFlight = new Map<string, Waiting>();
  #socket: PeerSocket | null = null;
  #introduced: Introduced | null = null;
  #connecting = false;
  #closed = false;
  #next = 0;
  #lastUse = 0;
  #idleTimer: TimerHandle = undefined;

  constructor(deps: PeerLinkDeps) {
    this.#deps = deps;
  }

  get isOpen(): boolean {
    return this.#socket !== null;
  }

  /** Nobody tries to connect for a while. */
  get isPaused(): boolean {
    const { breaker, clock } = this.#deps;
    return this.#socket === null && !this.#connecting && breaker.isOpen(clock.now());
  }

  /** How many items one batch may have; of the last connection. */
  get maxBatch(): number {
    return this.#introduced?.maxBatch ?? 1;
  }

  /**
   * Sends one request and gives the JSON text of its result. Requests leave in the order of the calls, and when the
   * connection ends, they fail in that order.
   * @param timeoutMs from now to the answer, connecting included
   * @throws LinkFault
   */
  request(method: string, paramsText: string, timeoutMs: number): Promise<string> {
    const { clock } = this.#deps;
    this.#lastUse = clock.now();
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new LinkFault('unreachable', 'the gateway is stopping'));
      if (this.#queue.length >= MAX_QUEUE)
        return reject(new LinkFault('overloaded', `${MAX_QUEUE} requests wait for it`));
      if (this.isPaused) return reject(new LinkFault('paused', 'it could not be reached just now'));
      this.#next += 1;
      const id = `f-${this.#next}`;
      const text = `{"jsonrpc":"2.0","id":"${id}","method":"${method}","params":${paramsText}}`;
      const timer = clock.setTimeout(() => this.#expire(waiting, timeoutMs), timeoutMs, { background: true });
      const waiting: Waiting = { id, text, timer, resolve, reject };
      this.#queue.push(waiting);
      this.#pump();
    });
  }

  close(): void {
    this.#closed = true;
    this.#socket?.close(1000, 'gateway stops');
    this.#drop(new LinkFault('broken', 'the gateway is stopping'));
  }

  #pump(): void {
    if (this.#socket === null) {
      if (!this.#connecting && this.#queue.length > 0) void this.#connect();
      return;
    }
    while (this.#inFlight.size < MAX_IN_FLIGHT) {
      const waiting = this.#queue.shift();
      if (waiting === undefined) return;
      this.#inFlight.set(waiting.id, waiting);
      this.#socket.send(waiting.text);
    }
  }

  async #connect(): Promise<void> {
    const { breaker, clock, log } = this.#deps;
    this.#connecting = true;
    try {
      const { introduced, socket } = await this.#deps.connect();
      breaker.succeeded();
      this.#introduced = introduced;
      this.#adopt(socket);
    } catch (error) {
      breaker.failed(clock.now());
      const fault =
        error instanceof LinkFault
          ? error
          : new LinkFault('unreachable', error instanceof Error ? error.message : String(error), {
              cause: error,
            });
      log.info('peer gateway not connected', { kind: fault.kind, reason: fault.message });
      this.#connecting = false;
      this.#drop(fault);
      return;
    }
    this.#connecting = false;
    this.#deps.onReady();
    this.#pump();
  }

  #adopt(socket: PeerSocket): void {
    if (this.#closed || !socket.isOpen) {
      socket.terminate();
      throw new LinkFault('unreachable', 'the connection ended at once');
    }
    this.#socket = socket;
    socket.onClose = (code, reason) => this.#ended(socket, code, reason);
    socket.listen((text) => this.#receive(text));
    this.#watchIdle();
  }

  #receive(text: string): void {
    const frame = tryParseJson(text);
    if (!isJsonObject(frame) || typeof frame.id !== 'string') return;
    const waiting = this.#inFlight.get(frame.id);
    if (waiting === undefined) return;
    this.#inFlight.delete(frame.id);
    this.#deps.clock.clearTimeout(waiting.timer);
    const result = sliceMember(text, 'result');
    if (isJsonObject(frame.error) || result === undefined) {
      const { code, message } = isJsonObject(frame.error) ? frame.error : { code: 0, message: 'no result' };
      waiting.reject(new LinkFault('refused', `${String(message).slice(0, 500)} (${String(code)})`));
    } else {
      waiting.resolve(result);
    }
    this.#pump();
  }

  #expire(waiting: Waiting, timeoutMs: number): void {
    const queued = this.#queue.indexOf(waiting);
    if (queued >= 0) this.#queue.splice(queued, 1);
    this.#inFlight.delete(waiting.id);
    waiting.reject(new LinkFault('timeout', `no answer within ${timeoutMs} ms`));
    this.#pump();
  }

  #ended(socket: PeerSocket, code: number, reason: string): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#deps.clock.clearTimeout(this.#idleTimer);
    this.#drop(new LinkFault('broken', `the connection ended with ${code} ${reason}`.trim()));
  }

  /** Everything that was asked fails, oldest first. */
  #drop(fault: LinkFault): void {
    const all = [...this.#inFlight.values(), ...this.#queue.splice(0)];
    this.#inFlight.clear();
    for (const waiting of all) {
      this.#deps.clock.clearTimeout(waiting.timer);
      waiting.reject(fault);
    }
  }

  #watchIdle(): void {
    const { clock, idleCloseMs } = this.#deps;
    this.#idleTimer = clock.setTimeout(
      () => {
        const idle = this.#inFlight.size === 0 && clock.now() - this.#lastUse >= idleCloseMs;
        if (idle) this.#socket?.close(1000, 'idle');
        else this.#watchIdle();
      },
      Math.min(IDLE_CHECK_MS, idleCloseMs),
      { background: true },
    );
  }
}
