import { isJsonObject, type JsonObject, type JsonValue, SerializationError, ValidationError } from 'aun-core';
import {
  type FrameExtras,
  MAX_NOTIFICATION_PARAMS_BYTES,
  MAX_REQUEST_BYTES,
  type RpcErrorObject,
  type RpcId,
} from './frames.js';
import { exceedsUtf8Bytes } from './utf8-size.js';

/**
 * @throws {ValidationError} when params are no object, or `payload is too large` over 1,000,000 bytes
 * @throws {SerializationError} when params cannot be JSON
 */
export function encodeRequest(id: RpcId, method: string, params: JsonObject): string {
  requireObject(params);
  const text = encode({ jsonrpc: '2.0', id, method, params });
  if (exceedsUtf8Bytes(text, MAX_REQUEST_BYTES)) throw tooLarge(MAX_REQUEST_BYTES);
  return text;
}

/**
 * A notification of a client.
 *
 * @throws {ValidationError} unless the method begins with `notification/` or `event/`, params are an object and take
 *   at most 65,536 bytes (02 §3.4)
 * @throws {SerializationError} when params cannot be JSON
 */
export function encodeNotification(method: string, params: JsonObject): string {
  if (!/^(?:notification|event)\/./.test(method)) {
    throw new ValidationError(`method: "${method.slice(0, 80)}" must begin with notification/ or event/`, {
      data: { field: 'method' },
    });
  }
  requireObject(params);
  if (exceedsUtf8Bytes(encode(params), MAX_NOTIFICATION_PARAMS_BYTES))
    throw tooLarge(MAX_NOTIFICATION_PARAMS_BYTES);
  return encode({ jsonrpc: '2.0', method, params });
}

/** A server's answer: exactly one of result and error is on the wire (02 §3.2). */
export function encodeResult(id: RpcId, result: JsonValue, extras: FrameExtras = {}): string {
  return encode({ jsonrpc: '2.0', id, result, ...wireExtras(extras) });
}

/** A server's refusal; the id is null when the request's could not be read. */
export function encodeError(id: RpcId | null, error: RpcErrorObject, extras: FrameExtras = {}): string {
  return encode({ jsonrpc: '2.0', id, error, ...wireExtras(extras) });
}

/** A server's event `event/<name>`: never has an id (02 §6). */
export function encodeEvent(
  name: string,
  params: JsonObject,
  extras: Pick<FrameExtras, 'meta'> = {},
): string {
  return encode({ jsonrpc: '2.0', method: `event/${name}`, params, ...wireExtras(extras) });
}

/** The first frame of a server on a socket (02 §4.1). */
export function encodeChallenge(params: JsonObject): string {
  return encode({ jsonrpc: '2.0', method: 'challenge', params });
}

function wireExtras({ meta, trace }: FrameExtras): JsonObject {
  return {
    ...(meta === undefined ? {} : { _meta: meta }),
    ...(trace === undefined ? {} : { _trace: trace }),
  };
}

function encode(frame: JsonObject | Record<string, unknown>): string {
  try {
    return JSON.stringify(frame);
  } catch (cause) {
    throw new SerializationError('the frame cannot be written as JSON', { cause });
  }
}

function requireObject(params: unknown): void {
  if (isJsonObject(params)) return;
  throw new ValidationError('params: must be an object', { data: { field: 'params' } });
}

function tooLarge(maxBytes: number): ValidationError {
  return new ValidationError(`payload is too large: at most ${maxBytes} bytes of JSON`, {
    data: { limit: maxBytes },
  });
}
