import type { JsonObject } from 'aun-core';
import type { RpcErrorBody } from './failure.js';
import type { RequestId } from './frame.js';
import type { RpcReply } from './method.js';
import { jsonText } from './raw-json.js';

/** Top-level members beside `result`/`error` (02 §3.2). */
export interface ResponseExtras {
  readonly meta?: JsonObject | null;
  readonly trace?: JsonObject | null;
}

const tail = ({ meta, trace }: ResponseExtras): string =>
  (meta ? `,"_meta":${JSON.stringify(meta)}` : '') + (trace ? `,"_trace":${JSON.stringify(trace)}` : '');

const head = (id: RequestId | null): string => `{"jsonrpc":"2.0","id":${JSON.stringify(id)}`;

export const resultText = (id: RequestId, result: RpcReply, extras: ResponseExtras = {}): string =>
  `${head(id)},"result":${jsonText(result)}${tail(extras)}}`;

/** `_meta` is read on successes only; an error carries `_trace` at most. */
export const errorText = (id: RequestId | null, error: RpcErrorBody, extras: ResponseExtras = {}): string =>
  `${head(id)},"error":${JSON.stringify(error)}${tail({ trace: extras.trace ?? null })}}`;

/** An event or notification frame: never an `id` (02 §3.2). `params` may be prepared JSON text. */
export const eventText = (method: string, params: RpcReply, meta: JsonObject | null = null): string =>
  `{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":${jsonText(params)}${tail({ meta })}}`;
