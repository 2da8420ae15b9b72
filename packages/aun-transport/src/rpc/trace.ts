import { isJsonObject, type JsonObject, type JsonValue, type RandomBytes } from 'aun-core';
import { hexOf } from './random-id.js';

/** `log`: only the id travels. `diag`: every hop adds a span and the answer carries them (02 §19.1). */
export type TraceMode = 'off' | 'log' | 'diag';

export interface TraceSpan {
  readonly node: string;
  /** Unix milliseconds. */
  readonly ts: number;
  readonly action: string;
  readonly ms?: number;
  readonly [field: string]: JsonValue | undefined;
}

/** `_trace` as it is on the wire. */
export interface Trace {
  readonly trace_id: string;
  readonly mode: Exclude<TraceMode, 'off'>;
  readonly spans?: readonly TraceSpan[];
}

export const MAX_TRACE_SPANS = 32;
export const MAX_TRACE_TEXT = 256;

const traceIdPattern = /^[0-9a-f]{32}$/;

/** Fields a span may carry besides node, ts, action and ms. Never payloads, tokens or keys. */
const spanFields: ReadonlySet<string> = new Set(
  `method route namespace instance_id aid caller_aid peer_aid to_aid from_aid group_id message_id event status error_code
  error_msg found delivered_count success created connection_id device_id slot_id key_source spk_id curve
  lifecycle_state auth_method detail`.split(/\s+/),
);

export function isTraceId(value: unknown): value is string {
  return typeof value === 'string' && traceIdPattern.test(value);
}

/** The narrower of two modes: what a server grants of what was asked. */
export function minTraceMode(a: TraceMode, b: TraceMode): TraceMode {
  const order: readonly TraceMode[] = ['off', 'log', 'diag'];
  return order.indexOf(a) <= order.indexOf(b) ? a : b;
}

export function startTrace(mode: Exclude<TraceMode, 'off'>, now: number, randomBytes: RandomBytes): Trace {
  const trace: Trace = { trace_id: hexOf(randomBytes(16)), mode };
  return mode === 'diag' ? appendSpan(trace, { node: 'sdk', ts: now, action: 'send' }) : trace;
}

/** Reads a `_trace`; undefined for anything without a valid id. Spans beyond the limits and unknown fields are dropped. */
export function parseTrace(value: unknown): Trace | undefined {
  if (!isJsonObject(value) || !isTraceId(value.trace_id)) return undefined;
  const { trace_id } = value;
  if (value.mode !== 'diag') return { trace_id, mode: 'log' };
  const spans = Array.isArray(value.spans) ? value.spans.slice(0, MAX_TRACE_SPANS).flatMap(readSpan) : [];
  return { trace_id, mode: 'diag', spans };
}

/** A copy with one more span, as long as there is room for it. Only `diag` traces have spans. */
export function appendSpan(trace: Trace, span: TraceSpan): Trace {
  const spans = trace.spans ?? [];
  if (trace.mode !== 'diag' || spans.length >= MAX_TRACE_SPANS) return trace;
  return { ...trace, spans: [...spans, ...readSpan(span)] };
}

/** Params with `_trace`, which no business code and no signature sees (02 §3.2). What is no object is left for others to refuse. */
export function withTrace(params: JsonObject, trace: Trace | undefined): JsonObject {
  if (trace === undefined || !isJsonObject(params)) return params;
  return { ...params, _trace: { ...trace } as JsonObject };
}

function readSpan(value: unknown): readonly TraceSpan[] {
  if (typeof value !== 'object' || value === null) return [];
  const { node, ts, action, ms, ...rest } = value as Record<string, unknown>;
  if (typeof node !== 'string' || typeof ts !== 'number' || typeof action !== 'string') return [];
  const fields = Object.entries(rest).flatMap(([name, field]) => {
    if (!spanFields.has(name)) return [];
    if (typeof field === 'string') return [[name, clip(field)]];
    return typeof field === 'number' || typeof field === 'boolean' ? [[name, field]] : [];
  });
  return [
    {
      node: clip(node),
      ts,
      action: clip(action),
      ...(typeof ms === 'number' ? { ms } : {}),
      ...Object.fromEntries(fields),
    },
  ];
}

function clip(text: string): string {
  return text.length > MAX_TRACE_TEXT ? text.slice(0, MAX_TRACE_TEXT) : text;
}
