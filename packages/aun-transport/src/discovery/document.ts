import { isJsonObject, type JsonValue, tryParseJson, ValidationError } from 'aun-core';

export interface GatewayEntry {
  /** Absolute `wss:` or `ws:` URL. */
  readonly url: string;
  /** Lower first; 999 when the document names none. */
  readonly priority: number;
}

const defaultPriority = 999;

/**
 * Reads a discovery document: all usable gateways, by priority, equals in document order (02 §1.1). Entries without a
 * WebSocket URL are skipped.
 *
 * @throws {ValidationError} when it is no such document or lists no usable gateway
 */
export function parseDiscoveryDocument(text: string): readonly GatewayEntry[] {
  const document = tryParseJson(text);
  if (!isJsonObject(document)) throw unusable('is not a JSON object');
  if (!Array.isArray(document.gateways)) throw unusable('has no "gateways" list');
  const entries: GatewayEntry[] = document.gateways.flatMap(readEntry);
  if (entries.length === 0) throw unusable('lists no gateway with a websocket url');
  return entries.sort((a, b) => a.priority - b.priority);
}

function readEntry(value: JsonValue): readonly GatewayEntry[] {
  if (!isJsonObject(value) || typeof value.url !== 'string' || !isWebSocketUrl(value.url)) return [];
  const { priority } = value;
  const usable = typeof priority === 'number' && Number.isFinite(priority);
  return [{ url: value.url, priority: usable ? priority : defaultPriority }];
}

function isWebSocketUrl(text: string): boolean {
  return /^wss?:\/\//i.test(text) && URL.canParse(text);
}

function unusable(what: string): ValidationError {
  return new ValidationError(`the gateway discovery document ${what}`, { data: { field: 'gateways' } });
}
