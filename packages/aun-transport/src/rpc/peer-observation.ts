import { type Clock, isJsonObject, type JsonObject, type Logger } from 'aun-core';
import { guardObserver, type MetaSource, type RpcObserver } from './observer.js';
import type { PendingCall } from './pending-calls.js';
import { appendSpan, parseTrace } from './trace.js';

/** Tells an observer what travelled beside results and events (02 §8, §19.1). */
export class PeerObservation {
  readonly #observer: Required<RpcObserver>;
  readonly #clock: Clock;

  constructor(observer: RpcObserver | undefined, clock: Clock, logger: Logger) {
    this.#observer = guardObserver(observer, logger);
    this.#clock = clock;
  }

  meta(meta: unknown, source: MetaSource): void {
    if (isJsonObject(meta)) this.#observer.meta(meta, source);
  }

  eventTrace(event: string, value: JsonObject | undefined): void {
    const trace = parseTrace(value);
    if (trace !== undefined) this.#observer.trace({ type: 'event', event, trace });
  }

  /** The spans of the answer, or those of the request when it brought none, and one more for its arrival. */
  answerTrace(call: PendingCall, frame: JsonObject): void {
    if (call.trace === undefined) return;
    const now = this.#clock.now();
    const ms = Math.max(0, now - call.startedAt);
    this.#observer.trace({
      type: 'rpc',
      method: call.method,
      trace: appendSpan(parseTrace(frame._trace) ?? call.trace, { node: 'sdk', ts: now, action: 'recv', ms }),
      status: Object.hasOwn(frame, 'error') ? 'error' : 'ok',
      duration_ms: ms,
    });
  }
}
