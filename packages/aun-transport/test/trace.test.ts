import { describe, expect, it } from 'vitest';
import {
  appendSpan,
  isTraceId,
  MAX_TRACE_SPANS,
  minTraceMode,
  parseTrace,
  startTrace,
  type TraceSpan,
} from '../src/index.js';

const id = '0123456789abcdef0123456789abcdef';
const span: TraceSpan = { node: 'gateway', ts: 1_767_225_600_000, action: 'relay_in' };
const bytes = (length: number) => new Uint8Array(length).fill(0xab);

describe('a trace', () => {
  it('has an id of 32 lower-case hex digits', () => {
    expect(isTraceId(id)).toBe(true);
    for (const wrong of [id.toUpperCase(), id.slice(1), `${id}0`, '', null, 7])
      expect(isTraceId(wrong)).toBe(false);
    expect(startTrace('log', 5, bytes)).toEqual({ trace_id: 'ab'.repeat(16), mode: 'log' });
  });

  it('carries spans only in diag mode', () => {
    expect(startTrace('diag', 5, bytes).spans).toEqual([{ node: 'sdk', ts: 5, action: 'send' }]);
    const log = startTrace('log', 5, bytes);
    expect(appendSpan(log, span)).toBe(log);
    expect(parseTrace({ trace_id: id, mode: 'log', spans: [{ ...span }] })).toEqual({
      trace_id: id,
      mode: 'log',
    });
  });

  it('has at most 32 spans and 256 characters per text', () => {
    let trace = startTrace('diag', 5, bytes);
    for (let index = 0; index < 50; index += 1) trace = appendSpan(trace, span);
    expect(trace.spans?.length).toBe(MAX_TRACE_SPANS);
    const long = appendSpan(startTrace('diag', 5, bytes), { ...span, error_msg: 'x'.repeat(1_000) });
    expect(long.spans?.[1]?.error_msg).toBe('x'.repeat(256));
    const many = parseTrace({
      trace_id: id,
      mode: 'diag',
      spans: Array.from({ length: 99 }, () => ({ ...span })),
    });
    expect(many?.spans?.length).toBe(32);
  });

  it('shows known fields only, so no token and no payload', () => {
    const spans = [
      { ...span, method: 'meta.ping', ms: 4, found: true, token: 'secret', payload: {} },
      { node: 'x' },
      7,
      null,
    ];
    expect(parseTrace({ trace_id: id, mode: 'diag', spans })?.spans).toEqual([
      { ...span, method: 'meta.ping', ms: 4, found: true },
    ]);
  });

  it('is nothing without a valid id', () => {
    expect(parseTrace(undefined)).toBeUndefined();
    expect(parseTrace({ trace_id: 'short', mode: 'diag' })).toBeUndefined();
    expect(parseTrace({ trace_id: id, mode: 'other', spans: 'none' })).toEqual({ trace_id: id, mode: 'log' });
    expect(parseTrace({ trace_id: id, mode: 'diag', spans: 'none' })).toEqual({
      trace_id: id,
      mode: 'diag',
      spans: [],
    });
  });

  it('runs in the narrower of two modes', () => {
    expect(minTraceMode('diag', 'log')).toBe('log');
    expect(minTraceMode('off', 'diag')).toBe('off');
    expect(minTraceMode('diag', 'diag')).toBe('diag');
  });
});
