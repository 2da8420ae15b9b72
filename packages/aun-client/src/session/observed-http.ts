import { hexEncode, randomBytes } from 'aun-crypto';
import { type HttpClient, type HttpResponse, isTraceId, type TraceMode } from 'aun-transport';

/** What a trace observer gets for an HTTP request (07 §10). The URL is without its query. */
export type HttpTraceRecord = {
  readonly type: 'http';
  readonly trace_id: string;
  readonly method: string;
  readonly url: string;
  /** 0: there was no answer. */
  readonly status: number;
  readonly duration_ms: number;
};

export type HttpObservation = {
  /** Upper limit of every request in milliseconds (07 §6.3 `http_timeout`). */
  readonly timeoutMs: () => number;
  readonly traceMode: () => TraceMode;
  readonly onTrace: (record: HttpTraceRecord) => void;
  readonly now: () => number;
};

/** Header in which a request carries its trace id (09 §10). */
export const TRACE_HEADER = 'x-aun-trace';

/** HTTP of one client: bounded by its `http_timeout`, and seen by its trace observer while tracing is on. */
export const observedHttp = (http: HttpClient, ports: HttpObservation): HttpClient => ({
  close: () => http.close(),
  request: async (request) => {
    const limit = ports.timeoutMs();
    const bounded = { ...request, timeoutMs: Math.min(request.timeoutMs ?? limit, limit) };
    if (ports.traceMode() === 'off') return http.request(bounded);
    const started = ports.now();
    let answer: HttpResponse | null = null;
    try {
      answer = await http.request(bounded);
      return answer;
    } finally {
      const { origin, pathname } = new URL(request.url);
      ports.onTrace({
        type: 'http',
        trace_id: traceIdOf(request.headers?.[TRACE_HEADER]),
        method: request.method ?? 'GET',
        url: `${origin}${pathname}`,
        status: answer?.status ?? 0,
        duration_ms: Math.max(0, ports.now() - started),
      });
    }
  },
});

/** A fresh trace id, or none while tracing is off. */
export const newTraceId = (mode: TraceMode): string | undefined =>
  mode === 'off' ? undefined : hexEncode(randomBytes(16));

const traceIdOf = (sent: string | undefined): string =>
  sent !== undefined && isTraceId(sent) ? sent : hexEncode(randomBytes(16));
