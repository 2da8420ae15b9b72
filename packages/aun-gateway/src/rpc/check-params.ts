import type { JsonObject } from 'aun-core';
import type { ZodType } from 'zod';
import { invalidParams } from './failure.js';

const MAX_FIELD = 128;

/** Parses params with a method's schema; the first problem becomes -32602 with `data.field` and a sentence. */
export function checkParams(schema: ZodType, params: JsonObject): unknown {
  const checked = schema.safeParse(params);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0];
  if (issue === undefined) throw invalidParams('params', 'invalid_params: params are invalid');
  const field = issue.path.map(String).join('.').slice(0, MAX_FIELD) || 'params';
  const top = issue.path[0];
  const missing = typeof top === 'string' && issue.path.length === 1 && !(top in params);
  throw invalidParams(
    field,
    missing ? `invalid_params: ${field} is required` : `invalid_params: ${field}: ${issue.message}`,
  );
}

/** Removes the transport-private top-level keys that start with `_` (02 §3.2). */
export function withoutPrivateKeys(params: JsonObject): JsonObject {
  let clean = true;
  for (const key in params) if (key.charCodeAt(0) === 95) clean = false;
  if (clean) return params;
  return Object.fromEntries(Object.entries(params).filter(([key]) => !key.startsWith('_')));
}
