import { isJsonObject, type JsonValue, RpcCode, tryParseJson } from 'aun-core';
import type { ClientFrame, RpcId } from './frames.js';

/**
 * Classifies what came from a client, for servers (02 §3.1, §3.2). An invalid frame carries the error to answer with;
 * its id is null where none could be read. Never throws.
 */
export function decodeClientFrame(text: string): ClientFrame {
  const frame = tryParseJson(text);
  if (frame === undefined) return invalid(null, RpcCode.parseError, 'parse error: the frame is not JSON');
  if (Array.isArray(frame))
    return invalid(null, RpcCode.invalidRequest, 'invalid request: batches are not served');
  if (!isJsonObject(frame))
    return invalid(null, RpcCode.invalidRequest, 'invalid request: not a JSON object');

  const hasId = Object.hasOwn(frame, 'id');
  const id = readId(frame.id);
  if (hasId && id === null) {
    return invalid(null, RpcCode.invalidRequest, 'invalid request: "id" must be a string or a number');
  }
  const { method, params = {} } = frame;
  if (typeof method !== 'string' || method === '') {
    return invalid(id, RpcCode.invalidRequest, 'invalid request: "method" must be a non-empty string');
  }
  if (!isJsonObject(params)) return invalid(id, RpcCode.invalidParams, 'params must be an object');
  return id === null ? { kind: 'notification', method, params } : { kind: 'request', id, method, params };
}

function readId(id: JsonValue | undefined): RpcId | null {
  return typeof id === 'string' || typeof id === 'number' ? id : null;
}

function invalid(id: RpcId | null, code: number, message: string): ClientFrame {
  return { kind: 'invalid', id, error: { code, message } };
}
