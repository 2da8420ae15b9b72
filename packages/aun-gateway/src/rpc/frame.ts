import { isJsonObject, type JsonObject, RpcCode } from 'aun-core';
import { RpcFailure } from './failure.js';
import { isDeeperThan } from './json-slice.js';

export type RequestId = string | number;

export interface RequestFrame {
  readonly kind: 'request';
  readonly id: RequestId;
  readonly method: string;
  readonly params: JsonObject;
  /** The whole frame as received. */
  readonly text: string;
}

export interface NotificationFrame {
  readonly kind: 'notification';
  readonly method: string;
  readonly params: JsonObject;
}

/** A frame that cannot be served. `malformed` counts towards closing the socket (02 §3.1). */
export interface BadFrame {
  readonly kind: 'bad';
  readonly id: RequestId | null;
  readonly malformed: boolean;
  readonly failure: RpcFailure;
}

/** A notification that cannot be served: nobody is told (02 §3.4). */
export interface SilentFrame {
  readonly kind: 'silent';
}

export type InboundFrame = RequestFrame | NotificationFrame | BadFrame | SilentFrame;

const bad = (id: RequestId | null, malformed: boolean, code: number, message: string): BadFrame => ({
  kind: 'bad',
  id,
  malformed,
  failure: new RpcFailure(code, message),
});

const isRequestId = (value: unknown): value is RequestId =>
  (typeof value === 'string' && value.length <= 256) || (typeof value === 'number' && Number.isFinite(value));

const parse = (text: string): { value: unknown } | null => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
};

/** Deeper JSON is refused: printing it again would exhaust the stack, here or at a receiver. */
const MAX_DEPTH = 500;

/** Reads one text frame (02 §3.1-3.4). Never throws. */
export function readFrame(text: string): InboundFrame {
  const parsed = parse(text);
  if (parsed === null) return bad(null, true, RpcCode.parseError, 'parse_error: the frame is not valid JSON');
  const frame = parsed.value;
  if (!isJsonObject(frame)) {
    const what = Array.isArray(frame) ? 'batches are not supported' : 'the frame must be a JSON object';
    return bad(null, false, RpcCode.invalidRequest, `invalid_request: ${what}`);
  }
  const { id, method } = frame;
  const hasId = id !== undefined && id !== null;
  const replyId = isRequestId(id) ? id : null;
  if (hasId && replyId === null) {
    return bad(
      null,
      false,
      RpcCode.invalidRequest,
      'invalid_request: id must be a string (at most 256 characters) or a number',
    );
  }
  if (typeof method !== 'string' || method === '' || method.length > 128) {
    return bad(
      replyId,
      false,
      RpcCode.invalidRequest,
      'invalid_request: method must be a string of 1 to 128 characters',
    );
  }
  const refuse = (message: string): InboundFrame =>
    replyId === null ? { kind: 'silent' } : bad(replyId, false, RpcCode.invalidParams, message);
  const params = frame.params ?? {};
  if (!isJsonObject(params)) return refuse('invalid_params: params must be an object');
  if (text.length > 2 * MAX_DEPTH && isDeeperThan(text, MAX_DEPTH)) {
    return refuse(`invalid_params: nested deeper than ${MAX_DEPTH} levels`);
  }
  if (replyId === null) return { kind: 'notification', method, params };
  return { kind: 'request', id: replyId, method, params, text };
}
