import { E2EEError, isJsonObject, type JsonObject, type JsonValue } from 'aun-core';
import { uuidV4 } from 'aun-crypto';
import { payloadKind } from './legacy.js';

export type ThoughtKind = 'p2p' | 'group';

/** `thought_id` of a new thought (03 §13). */
export function newThoughtId(kind: ThoughtKind): string {
  return `${kind === 'p2p' ? 'mt' : 'gt'}-${uuidV4()}`;
}

/**
 * The checked selector of `*.thought.put`: `context` with non-empty `type` and `id`. It becomes the envelope's
 * context and travels in clear as well (03 §13).
 *
 * @throws {E2EEError} `thought_context_invalid`
 */
export function thoughtSelector(context: unknown): JsonObject {
  const usable = isJsonObject(context) && isText(context.type) && isText(context.id);
  if (usable) return context;
  throw new E2EEError('thought context needs non-empty type and id', {
    localCode: 'thought_context_invalid',
  });
}

/** True when an authenticated context is the selector the thought was stored under (03 §13, hardening). */
export function matchesSelector(context: JsonObject | undefined, selector: unknown): boolean {
  if (!isJsonObject(selector)) return true;
  return context !== undefined && context.type === selector.type && context.id === selector.id;
}

/** What a stored thought's payload calls for: `open` it, pass it on as it is, or give up on it. */
export function thoughtAction(
  payload: JsonValue | undefined,
  kind: ThoughtKind,
): 'open' | 'plain' | 'refuse' {
  const found = payloadKind(payload);
  if (found === 'plain') return 'plain';
  return found === (kind === 'p2p' ? 'p2p_v2' : 'group_v2') ? 'open' : 'refuse';
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
