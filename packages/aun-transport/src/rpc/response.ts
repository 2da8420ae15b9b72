import { isJsonObject, type JsonObject, type JsonValue, mapRemoteError, SerializationError } from 'aun-core';

/**
 * The result of a response frame.
 *
 * @throws {SerializationError} unless the frame has exactly one of `result` and `error` (02 §3.2)
 * @throws the class of 07 §2.4 for an error
 */
export function responseResult(frame: JsonObject, method: string): JsonValue {
  const hasError = Object.hasOwn(frame, 'error');
  if (hasError === Object.hasOwn(frame, 'result')) {
    const what = hasError ? 'both "result" and "error"' : 'neither "result" nor "error"';
    throw new SerializationError(`the answer to ${method} has ${what}`);
  }
  if (!hasError) return frame.result ?? null;
  if (!isJsonObject(frame.error))
    throw new SerializationError(`the error of the answer to ${method} is not an object`);
  throw mapRemoteError(frame.error);
}
