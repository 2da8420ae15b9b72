import {
  AuthError,
  isJsonObject,
  type JsonObject,
  SerializationError,
  systemClock,
  tryParseJson,
  ValidationError,
} from 'aun-core';
import { openSocket } from '../socket/open-socket.js';
import type { SocketOpener, SocketOptions } from '../socket/wire-socket.js';
import { encodeRequest } from './encode-frame.js';
import { FrameReader } from './frame-reader.js';
import { responseResult } from './response.js';

export interface PreAuthOptions extends SocketOptions {
  /** Limit for each of the two inbound frames. Default 10,000 ms. */
  readonly frameTimeoutMs?: number;
  readonly openSocket?: SocketOpener;
}

/**
 * One request of somebody who is not logged in yet, on a socket of its own (02 §4.3, 01 §7): open, discard the
 * challenge, ask, take the next frame for the answer, close. TLS is verified like everywhere else.
 *
 * @throws {AuthError} when `result.success` is false: message `result.error`, data the whole result
 * @throws {ValidationError} when the result is not an object
 * @throws {TimeoutError} {ConnectionError} {SerializationError} and the classes of 07 §2.4 for remote errors
 */
export async function preAuthCall(
  url: string,
  method: string,
  params: JsonObject,
  options: PreAuthOptions = {},
): Promise<JsonObject> {
  const request = encodeRequest(`pre-${method}`, method, params);
  const clock = options.clock ?? systemClock;
  const timeoutMs = options.frameTimeoutMs ?? 10_000;
  const socket = await (options.openSocket ?? openSocket)(url, options);
  const reader = new FrameReader(socket, clock, options.signal);
  try {
    await reader.next(timeoutMs, `${method}: the gateway sent no challenge within ${timeoutMs} ms`);
    await socket.send(request);
    const text = await reader.next(timeoutMs, `${method}: the gateway did not answer within ${timeoutMs} ms`);
    return readAnswer(text, method);
  } finally {
    socket.close();
  }
}

function readAnswer(text: string, method: string): JsonObject {
  const frame = tryParseJson(text);
  if (!isJsonObject(frame)) throw new SerializationError(`the answer to ${method} is not a JSON object`);
  const result = responseResult(frame, method);
  if (!isJsonObject(result)) {
    throw new ValidationError(`the result of ${method} is not an object`, { data: { field: 'result' } });
  }
  if (result.success === false) {
    const reason =
      typeof result.error === 'string' && result.error !== '' ? result.error : `${method} failed`;
    throw new AuthError(reason, { data: result, retryable: result.retryable === true });
  }
  return result;
}
