import {
  type Clock,
  ConnectionError,
  type JsonObject,
  type JsonValue,
  type Logger,
  noopLogger,
  type RandomBytes,
  SerializationError,
  systemClock,
} from 'aun-core';
import type { CloseInfo, WireSocket } from '../socket/wire-socket.js';
import { FirstFrameLatch } from './challenge.js';
import { decodeServerFrame } from './decode-server-frame.js';
import { Emitter } from './emitter.js';
import { encodeNotification, encodeRequest } from './encode-frame.js';
import { FlowControl } from './flow-control.js';
import type { ServerFrame } from './frames.js';
import { PeerObservation } from './peer-observation.js';
import {
  type CallOptions,
  defaultCallTimeoutMs,
  type PeerClose,
  type RpcPeerEvents,
  type RpcPeerOptions,
} from './peer-options.js';
import { PendingCalls } from './pending-calls.js';
import { hexOf, platformRandomBytes } from './random-id.js';
import { responseResult } from './response.js';
import { startTrace, withTrace } from './trace.js';

/**
 * One JSON-RPC 2.0 connection seen from a client (02 §3, §16): numbers requests, matches answers, limits what is on the
 * way, sorts events out. It knows nothing of login, signatures or reconnecting.
 *
 * Handlers attached in the same turn as the constructor miss no frame, not even one that arrived before it.
 */
export class RpcPeer {
  readonly #socket: WireSocket;
  readonly #clock: Clock;
  readonly #randomBytes: RandomBytes;
  readonly #logger: Logger;
  readonly #observation: PeerObservation;
  readonly #callTimeoutMs: number;
  readonly #emitter: Emitter<RpcPeerEvents>;
  readonly #calls: PendingCalls;
  readonly #firstFrame = new FirstFrameLatch();
  #end: CloseInfo | undefined;
  #closedHere = false;

  /** Fulfils when the socket is closed, whoever closed it. */
  readonly closed: Promise<PeerClose>;

  constructor(socket: WireSocket, options: RpcPeerOptions = {}) {
    this.#socket = socket;
    this.#clock = options.clock ?? systemClock;
    this.#randomBytes = options.randomBytes ?? platformRandomBytes;
    this.#logger = options.logger ?? noopLogger;
    this.#observation = new PeerObservation(options.observer, this.#clock, this.#logger);
    this.#callTimeoutMs = options.callTimeoutMs ?? defaultCallTimeoutMs;
    this.#emitter = new Emitter(this.#logger);
    this.#calls = new PendingCalls(this.#clock, options.flow ?? new FlowControl(), (text) =>
      socket.post(text, this.#onUnwritable),
    );
    this.closed = new Promise((resolve) => {
      this.#emitter.on('close', resolve);
    });
    const listener = {
      message: (text: string) => this.#receive(text),
      close: (info: CloseInfo) => this.#closed(info),
    };
    queueMicrotask(() => socket.listen(listener));
  }

  get url(): string {
    return this.#socket.url;
  }

  /** False as soon as either side closed. */
  get isOpen(): boolean {
    return this.#end === undefined;
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  /** Calls that have not ended yet, queued ones included. */
  get pendingCalls(): number {
    return this.#calls.size;
  }

  on<K extends keyof RpcPeerEvents>(event: K, handler: (payload: RpcPeerEvents[K]) => void): () => void {
    return this.#emitter.on(event, handler);
  }

  /**
   * The params of the challenge that opens a connection; null when the first frame was something else (02 §3.3).
   *
   * @throws {ConnectionError} when the socket closes before it
   * @throws {TimeoutError} after `timeoutMs` (default 10,000); the signal's reason when it was aborted
   */
  challenge(
    options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<JsonObject | null> {
    return this.#firstFrame.wait(this.#clock, options.timeoutMs ?? 10_000, options.signal);
  }

  /**
   * @returns the `result` member as it came
   * @throws {ValidationError} when params are no object or the request exceeds 1,000,000 bytes; nothing is sent
   * @throws {TimeoutError} `rpc timeout before send: <method>` (never sent) or `rpc timeout: <method>`
   * @throws {ConnectionError} `websocket closed: code=<n>`
   * @throws {SerializationError} when the answer is malformed, the classes of 07 §2.4 for remote errors,
   *   the signal's reason when it was aborted: a call that was still queued is then never written
   */
  call(method: string, params: JsonObject = {}, options: CallOptions = {}): Promise<JsonValue> {
    return new Promise((resolve, reject) => {
      options.signal?.throwIfAborted();
      this.#requireOpen();
      const id = this.#newId();
      const startedAt = this.#clock.now();
      const { trace: mode = 'off', timeoutMs = this.#callTimeoutMs, background = false, signal } = options;
      const trace = mode === 'off' ? undefined : startTrace(mode, startedAt, this.#randomBytes);
      const text = encodeRequest(id, method, withTrace(params, trace));
      this.#calls.start({
        id,
        method,
        text,
        trace,
        startedAt,
        timeoutMs,
        background,
        signal,
        resolve,
        reject,
      });
    });
  }

  /**
   * Sends without waiting for anything but the network.
   *
   * @throws {ValidationError} for a method that is neither `notification/…` nor `event/…`, and for params over 65,536 bytes
   * @throws {ConnectionError} when the socket is closed
   */
  async notify(method: string, params: JsonObject = {}): Promise<void> {
    const text = encodeNotification(method, params);
    this.#requireOpen();
    await this.#write(text);
  }

  /** Closes without a status code; calls under way are rejected at once. Safe at any time. */
  close(): void {
    this.#closeHere({ code: 1005, reason: '' });
    this.#socket.close();
  }

  /** Drops the connection: for a peer that is suspected to be half-open. */
  terminate(): void {
    this.#closeHere({ code: 1006, reason: '' });
    this.#socket.terminate();
  }

  #receive(text: string): void {
    if (this.#end !== undefined) return;
    const frame = decodeServerFrame(text);
    if (!this.#firstFrame.isSettled && frame.kind !== 'invalid') {
      this.#firstFrame.arrived(frame.kind === 'challenge' ? frame.params : null);
      if (frame.kind === 'challenge') return;
    }
    this.#dispatch(frame);
  }

  #dispatch(frame: ServerFrame): void {
    switch (frame.kind) {
      case 'response':
        this.#respond(frame.id, frame.frame);
        return;
      case 'challenge':
        this.#emitter.emit('challenge', frame.params);
        return;
      case 'event': {
        const { name, params, meta, trace } = frame;
        this.#observation.meta(meta, { kind: 'event', method: name });
        this.#observation.eventTrace(name, trace);
        this.#emitter.emit('event', meta === undefined ? { name, params } : { name, params, meta });
        return;
      }
      case 'notification':
        this.#observation.meta(frame.meta, { kind: 'notification', method: frame.method });
        this.#emitter.emit('notification', frame.frame);
        return;
      case 'invalid':
        this.#emitter.emit('error', new SerializationError(frame.reason));
    }
  }

  #respond(id: JsonValue, frame: JsonObject): void {
    const call = this.#calls.take(id);
    if (call === undefined) {
      // A late answer, or one to nobody's question (02 §3.2).
      this.#logger.debug('rpc answer without a call', { id: String(id).slice(0, 64) });
      return;
    }
    this.#observation.answerTrace(call, frame);
    try {
      const result = responseResult(frame, call.method);
      this.#observation.meta(frame._meta, { kind: 'response', method: call.method });
      call.resolve(result);
    } catch (error) {
      call.reject(error);
    }
  }

  /**
   * A socket that cannot be written to is dead, also when it does not know yet. What waits for it fails once its end is
   * known, with its close code, and not before: a caller that tries again at once would starve the close event.
   */
  readonly #onUnwritable = (): void => this.#socket.terminate();

  async #write(text: string): Promise<void> {
    try {
      await this.#socket.send(text);
    } catch (error) {
      this.#onUnwritable();
      await this.closed;
      throw error;
    }
  }

  #closeHere(info: CloseInfo): void {
    if (this.#end !== undefined) return;
    this.#closedHere = true;
    this.#stop(info);
  }

  #closed(info: CloseInfo): void {
    this.#stop(info);
    this.#emitter.emit('close', { ...info, local: this.#closedHere });
  }

  #stop(info: CloseInfo): void {
    if (this.#end !== undefined) return;
    this.#end = info;
    const error = closedError(info);
    this.#firstFrame.failed(error);
    this.#calls.failAll(error);
  }

  #requireOpen(): void {
    if (this.#end !== undefined) throw closedError(this.#end);
  }

  #newId(): string {
    const id = `rpc-${hexOf(this.#randomBytes(8))}`;
    return this.#calls.has(id) ? this.#newId() : id;
  }
}

function closedError({ code, reason }: CloseInfo): ConnectionError {
  return new ConnectionError(`websocket closed: code=${code}`, { data: { code, reason } });
}
