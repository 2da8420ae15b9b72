import { isJsonObject, type JsonObject, tryParseJson } from 'aun-core';
import type { FrameExtras, ServerFrame } from './frames.js';

const eventPrefix = 'event/';

/**
 * Classifies what came from a server (02 §3.3). Everything with an `id` is an answer, whatever else it has. `_trace`
 * is taken out of event params. Never throws.
 */
export function decodeServerFrame(text: string): ServerFrame {
  const frame = tryParseJson(text);
  if (frame === undefined) return invalid('not JSON');
  if (!isJsonObject(frame)) return invalid('not a JSON object');
  if (Object.hasOwn(frame, 'id')) return { kind: 'response', id: frame.id ?? null, frame };

  const { method } = frame;
  if (typeof method !== 'string') return invalid('neither "id" nor "method"');
  const { params = {} } = frame;
  if (method === 'challenge') return { kind: 'challenge', params: isJsonObject(params) ? params : {} };
  if (!method.startsWith(eventPrefix)) return { kind: 'notification', method, frame, ...extras(frame._meta) };

  if (!isJsonObject(params)) return invalid('event params are not an object');
  const name = method.slice(eventPrefix.length);
  if (params._trace === undefined) return { kind: 'event', name, params, ...extras(frame._meta) };
  const { _trace, ...rest } = params;
  return { kind: 'event', name, params: rest, ...extras(frame._meta, _trace) };
}

/** The members of a frame or of params that have their prescribed form; others count as absent. */
export function extras(meta: unknown, trace?: unknown): FrameExtras {
  return {
    ...(isJsonObject(meta) ? { meta } : {}),
    ...(isJsonObject(trace) ? { trace } : {}),
  } satisfies { meta?: JsonObject; trace?: JsonObject };
}

function invalid(reason: string): ServerFrame {
  return { kind: 'invalid', reason: `invalid json payload: ${reason}` };
}
