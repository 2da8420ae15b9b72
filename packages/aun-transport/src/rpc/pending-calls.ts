import { type Clock, type JsonValue, TimeoutError, type TimerHandle } from 'aun-core';
import type { FlowControl, FlowTicket } from './flow-control.js';
import type { Trace } from './trace.js';

/** A call from `call()` to its end. */
export interface PendingCall {
  readonly id: string;
  readonly method: string;
  /** The request as it will be written. */
  readonly text: string;
  readonly trace: Trace | undefined;
  /** Unix ms. */
  readonly startedAt: number;
  readonly timeoutMs: number;
  readonly background: boolean;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (result: JsonValue) => void;
  readonly reject: (reason: unknown) => void;
}

interface Entry {
  readonly call: PendingCall;
  timer: TimerHandle;
  onAbort: (() => void) | undefined;
  ticket: FlowTicket | undefined;
}

/**
 * The calls of one connection that have not ended: waits for a place, writes, times out, gives up. A call ends once, for
 * whatever reason comes first, and is then forgotten.
 */
export class PendingCalls {
  readonly #entries = new Map<string, Entry>();
  readonly #clock: Clock;
  readonly #flow: FlowControl;
  readonly #write: (text: string) => void;

  /** `write` must not fail: what cannot be written ends with the connection. */
  constructor(clock: Clock, flow: FlowControl, write: (text: string) => void) {
    this.#clock = clock;
    this.#flow = flow;
    this.#write = write;
  }

  get size(): number {
    return this.#entries.size;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  start(call: PendingCall): void {
    const entry: Entry = { call, timer: undefined, onAbort: undefined, ticket: undefined };
    this.#entries.set(call.id, entry);
    entry.timer = this.#clock.setTimeout(() => {
      const when = entry.ticket?.started ? 'rpc timeout' : 'rpc timeout before send';
      this.#fail(entry, new TimeoutError(`${when}: ${call.method}`));
    }, call.timeoutMs);
    if (call.signal !== undefined) {
      entry.onAbort = () => this.#fail(entry, call.signal?.reason);
      call.signal.addEventListener('abort', entry.onAbort, { once: true });
    }
    entry.ticket = this.#flow.enter(() => this.#write(call.text), call.background);
  }

  /** Ends the call with this id for its answer; undefined when no such call was sent, or none any more. */
  take(id: JsonValue): PendingCall | undefined {
    const entry = typeof id === 'string' ? this.#entries.get(id) : undefined;
    if (entry === undefined || entry.ticket?.started === false) return undefined;
    this.#end(entry);
    return entry.call;
  }

  /** Ends all calls, the queued ones first: a place that becomes free must not write to a socket that is gone. */
  failAll(reason: unknown): void {
    const entries = [...this.#entries.values()];
    for (const entry of entries) if (entry.ticket?.started === false) this.#fail(entry, reason);
    for (const entry of entries) this.#fail(entry, reason);
  }

  #fail(entry: Entry, reason: unknown): void {
    if (this.#end(entry)) entry.call.reject(reason);
  }

  #end(entry: Entry): boolean {
    if (!this.#entries.delete(entry.call.id)) return false;
    this.#clock.clearTimeout(entry.timer);
    if (entry.onAbort !== undefined) entry.call.signal?.removeEventListener('abort', entry.onAbort);
    entry.ticket?.release();
    return true;
  }
}
