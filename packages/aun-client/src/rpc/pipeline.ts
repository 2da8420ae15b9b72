import {
  type AUNError,
  type Clock,
  ConnectionError,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  NotReadyError,
  TimeoutError,
  ValidationError,
} from 'aun-core';
import { newThoughtId } from 'aun-e2ee';
import type { TraceMode } from 'aun-transport';
import { type Instance, sendResult } from '../delivery/app-message.js';
import { annotateEcho, isEchoPayload } from '../delivery/echo.js';
import type { P2PInbox } from '../delivery/p2p-inbox.js';
import { type E2eeCoordinator, groupEncryptionMissing, type Outgoing } from '../e2ee/coordinator.js';
import { withinDeadline } from './deadline.js';
import { isEncryptedMethod } from './method-tables.js';
import { type PreparedCall, prepareCall } from './prepare.js';
import type { RpcCaller, SignedCallOptions } from './signed-caller.js';
import { checkPayloadSize } from './validation.js';

/** Options of `call` (07 §6.10). */
export type CallOptions = {
  /** Seconds for all that the call does, waiting for a free place included. */
  timeout?: number;
  background?: boolean;
  signal?: AbortSignal;
  trace?: TraceMode | boolean;
  /** `message.send` only: goes to the outbox on disk first and survives anything (ours). */
  durable?: boolean;
  /** Seconds after which a durable message is given up; default: never. */
  ttl?: number;
};

export type PipelinePorts = {
  readonly own: Instance;
  readonly call: RpcCaller;
  readonly e2ee: E2eeCoordinator;
  readonly inbox: P2PInbox;
  readonly clock: Clock;
  readonly headers: () => Readonly<Record<string, string>> | null;
  readonly traceMode: () => TraceMode;
  readonly openedAt: () => number;
  /** An application call failed in a way that a dead socket would explain. */
  readonly onSuspicion: (error: ConnectionError | TimeoutError) => void;
};

/** The way of an application call from the arguments to the answer (07 §6.10). */
export class RpcPipeline {
  readonly #ports: PipelinePorts;

  constructor(ports: PipelinePorts) {
    this.#ports = ports;
  }

  async call(method: string, rawParams: unknown, options: CallOptions = {}): Promise<JsonValue> {
    return this.perform(prepareCall(method, rawParams, this.#ports.headers(), this.#ports.own), options);
  }

  /** A call that was prepared earlier: what the client has been told since then does not change it. */
  async perform(prepared: PreparedCall, options: CallOptions = {}): Promise<JsonValue> {
    try {
      return await this.#dispatch(prepared.method, prepared.params, this.#options(options));
    } catch (error) {
      this.#suspect(error);
      throw error;
    }
  }

  #dispatch(method: string, params: JsonObject, options: SignedCallOptions): Promise<JsonValue> {
    const { e2ee, inbox, call, clock } = this.#ports;
    const within = (work: (limits: SignedCallOptions) => Promise<JsonValue>): Promise<JsonValue> =>
      withinDeadline(method, clock, options, work);
    switch (method) {
      case 'message.pull':
      case 'message.v2.pull':
        // Published by the way: opening messages does not need it on the server.
        void e2ee.ensurePrekey();
        return within((limits) => inbox.pull(params, limits));
      case 'message.ack':
      case 'message.v2.ack':
        return within((limits) => inbox.ack(params, limits));
      case 'message.thought.get':
        return within((limits) => this.#getThoughts(params, limits));
    }
    if (!isEncryptedMethod(method)) return call(method, params, options);
    const { encrypt, ...rest } = params;
    if (encrypt === false) return this.#sendPlain(method, rest, options);
    if (method === 'message.send') return within((limits) => this.#sendEncrypted(rest, limits));
    if (method === 'message.thought.put') return within((limits) => this.#putThought(rest, limits));
    throw groupEncryptionMissing(method);
  }

  async #sendEncrypted(params: JsonObject, options: SignedCallOptions): Promise<JsonValue> {
    const { e2ee, call, own, clock } = this.#ports;
    const to = String(params.to);
    checkPayloadSize(params.payload ?? null);
    // Short connections publish their prekey with the first use of encryption (03 §3.4).
    await e2ee.ensurePrekey();
    const transmit = (envelope: JsonObject): Promise<JsonValue> =>
      call('message.send', { to, payload: envelope }, options);
    const answer = await e2ee.send(to, outgoing(params), transmit, options.signal);
    return isJsonObject(answer) ? sendResult(answer, own, params, true, clock.now()) : answer;
  }

  async #sendPlain(method: string, params: JsonObject, options: SignedCallOptions): Promise<JsonValue> {
    const { call, own, clock, openedAt } = this.#ports;
    const payload = params.payload ?? null;
    checkPayloadSize(payload);
    const echo = isEchoPayload(payload);
    const now = clock.now();
    const sent = echo
      ? { ...params, payload: annotateEcho(payload, 'send', own.aid, now, now - openedAt()) }
      : params;
    const answer = await call(method, sent, { ...options, unsigned: echo });
    return isJsonObject(answer) ? sendResult(answer, own, params, false, now) : answer;
  }

  async #putThought(params: JsonObject, options: SignedCallOptions): Promise<JsonValue> {
    const { e2ee, call, own, clock } = this.#ports;
    const to = String(params.to);
    checkPayloadSize(params.payload ?? null);
    const thoughtId = typeof params.thought_id === 'string' ? params.thought_id : newThoughtId('p2p');
    const timestamp = typeof params.timestamp === 'number' ? params.timestamp : clock.now();
    const context = isJsonObject(params.context) ? params.context : {};
    const message = { ...outgoing(params), messageId: thoughtId, timestamp, context };
    const sent = { to, encrypted: true, thought_id: thoughtId, timestamp, context };
    await e2ee.ensurePrekey();
    const transmit = (envelope: JsonObject): Promise<JsonValue> =>
      call('message.thought.put', { ...sent, payload: envelope }, options);
    const answer = await e2ee.send(to, message, transmit, options.signal);
    return isJsonObject(answer) ? sendResult(answer, own, params, true, timestamp) : answer;
  }

  async #getThoughts(params: JsonObject, options: SignedCallOptions): Promise<JsonValue> {
    const answer = await this.#ports.call('message.thought.get', params, options);
    if (!isJsonObject(answer)) return answer;
    return { ...answer, thoughts: await this.#ports.e2ee.openThoughts(answer) };
  }

  #options({ timeout, background, signal, trace }: CallOptions): SignedCallOptions {
    if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) {
      throw new ValidationError('timeout must be a number of seconds > 0', { data: { field: 'timeout' } });
    }
    return {
      ...(timeout === undefined ? {} : { timeoutMs: timeout * 1_000 }),
      ...(background === undefined ? {} : { background }),
      ...(signal === undefined ? {} : { signal }),
      trace: trace === undefined ? this.#ports.traceMode() : traceModeOf(trace),
    };
  }

  #suspect(error: unknown): void {
    if (error instanceof NotReadyError) return;
    const suspicious = error instanceof ConnectionError || isLocalTimeout(error);
    if (suspicious) this.#ports.onSuspicion(error);
  }
}

const isLocalTimeout = (error: unknown): error is TimeoutError =>
  error instanceof TimeoutError && (error as AUNError).code === -1;

const traceModeOf = (trace: TraceMode | boolean): TraceMode => {
  if (typeof trace === 'boolean') return trace ? 'diag' : 'off';
  return trace;
};

/** The parts of a send that live inside the envelope (03 §16). */
const outgoing = (params: JsonObject): Outgoing => ({
  payload: params.payload ?? null,
  ...(typeof params.message_id === 'string' ? { messageId: params.message_id } : {}),
  ...(typeof params.timestamp === 'number' ? { timestamp: params.timestamp } : {}),
  ...(params.protected_headers === undefined ? {} : { protectedHeaders: params.protected_headers }),
  ...(isJsonObject(params.context) ? { context: params.context } : {}),
});
