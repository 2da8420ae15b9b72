import { isJsonObject, type JsonObject, SerializationError, tryParseJson } from 'aun-core';
import type { HttpResponse } from './types.js';

/** The body as UTF-8 text; malformed bytes become U+FFFD, a byte order mark is dropped. */
export function responseText(response: Pick<HttpResponse, 'body'>): string {
  return new TextDecoder().decode(response.body);
}

/** @throws {SerializationError} when the body is not a JSON object */
export function responseJsonObject(response: Pick<HttpResponse, 'body' | 'url'>): JsonObject {
  const value = tryParseJson(responseText(response));
  if (isJsonObject(value)) return value;
  throw new SerializationError(`the answer of ${response.url} is not a JSON object`);
}
