import { isJsonObject, type JsonObject, type JsonValue } from 'aun-core';

/** Maximum a server allows; the effective mode is the smaller of this and the request's (02 §19.1). */
export type TraceMode = 'off' | 'log' | 'diag';

const MAX_SPANS = 32;
const MAX_TEXT = 256;
const rank: Readonly<Record<TraceMode, number>> = { off: 0, log: 1, diag: 2 };

/** One hop of a trace. */
export interface TraceSpan {
  readonly [key: string]: JsonValue;
}

/** What a handler may do with the trace of its call. */
export interface TraceContext {
  /** 32 lower-case hex, or null when the request carried no `_trace` or tracing is off. */
  readonly traceId: string | null;
  readonly mode: TraceMode;
  /** `{trace_id, mode}` for events that this call causes, or null (04 §17). */
  readonly forEvents: JsonObject | null;
}

export interface CallTrace extends TraceContext {
  /** The response's `_trace`, only in diag mode. */
  finish(nowMs: number, errorCode: number | null): JsonObject | null;
}

export interface Tracer {
  begin(params: JsonObject, method: string, aid: string | null, nowMs: number): CallTrace;
}

const untraced: CallTrace = { traceId: null, mode: 'off', forEvents: null, finish: () => null };

const clipped = (value: JsonValue): JsonValue =>
  typeof value === 'string' ? value.slice(0, MAX_TEXT) : value;

/** Spans of the caller: flat objects only, strings clipped. */
const receivedSpans = (spans: unknown): TraceSpan[] => {
  if (!Array.isArray(spans)) return [];
  return spans
    .filter(isJsonObject)
    .slice(0, MAX_SPANS - 3)
    .map((span) =>
      Object.fromEntries(
        Object.entries(span)
          .filter(([, value]) => typeof value !== 'object')
          .slice(0, 16)
          .map(([key, value]) => [key.slice(0, 64), clipped(value)]),
      ),
    );
};

const modeOf = (requested: unknown, maximum: TraceMode): TraceMode => {
  const asked: TraceMode = requested === 'diag' ? 'diag' : requested === 'off' ? 'off' : 'log';
  return rank[asked] <= rank[maximum] ? asked : maximum;
};

/** Reads `_trace`, adds this gateway's and the service's spans, prints the response's `_trace` (02 §19.1). */
export function createTracer(maximum: TraceMode, newTraceId: () => string): Tracer {
  return {
    begin(params, method, aid, startedAt) {
      const received = params._trace;
      if (!isJsonObject(received)) return untraced;
      const mode = modeOf(received.mode, maximum);
      if (mode === 'off') return untraced;
      const given = received.trace_id;
      const traceId = typeof given === 'string' && /^[0-9a-f]{32}$/.test(given) ? given : newTraceId();
      const forEvents = { trace_id: traceId, mode };
      if (mode === 'log') return { traceId, mode, forEvents, finish: () => null };
      const relayIn = { node: 'gateway', ts: startedAt, action: 'relay_in', method, ...(aid ? { aid } : {}) };
      return {
        traceId,
        mode,
        forEvents,
        finish(nowMs, errorCode) {
          const ms = Math.max(1, Math.round(nowMs - startedAt));
          const outcome = errorCode === null ? { status: 'ok' } : { status: 'error', error_code: errorCode };
          const node = method.split('.', 1)[0] ?? 'gateway';
          const process = { node, ts: nowMs, action: 'process', ms, ...outcome };
          const relayOut = { node: 'gateway', ts: nowMs, action: 'relay_out', ms, ...outcome };
          return {
            trace_id: traceId,
            mode,
            spans: [...receivedSpans(received.spans), relayIn, process, relayOut],
          };
        },
      };
    },
  };
}
