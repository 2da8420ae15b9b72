import { type JsonObject, PermissionError, ValidationError } from 'aun-core';
import type { Instance } from '../delivery/app-message.js';
import { applyConveniences, withoutUndefined } from './conveniences.js';
import { INTERNAL_ONLY } from './method-tables.js';
import { mergeProtectedHeaders } from './protected-headers.js';
import { validateParams } from './validation.js';

export type PreparedCall = { readonly method: string; readonly params: JsonObject };

/**
 * What an application wrote, checked and in the form that the rest works with: headers merged, conveniences applied,
 * names normalised (07 §6.10).
 * @throws {ValidationError}, {PermissionError} before anything is sent
 */
export const prepareCall = (
  method: string,
  rawParams: unknown,
  headers: Readonly<Record<string, string>> | null,
  own: Instance,
): PreparedCall => {
  if (typeof method !== 'string' || method === '')
    throw new ValidationError('method must be a non-empty string');
  if (INTERNAL_ONLY.has(method)) {
    throw new PermissionError(`${method} is internal: authenticate() and connect() do this`);
  }
  const merged = mergeProtectedHeaders(method, objectParams(method, rawParams), headers);
  const eased = applyConveniences(method, merged);
  return { method: eased.method, params: validateParams(eased.method, eased.params, own) };
};

const objectParams = (method: string, params: unknown): JsonObject => {
  if (params === undefined || params === null) return {};
  if (typeof params !== 'object' || Array.isArray(params)) {
    throw new ValidationError(`${method}: params must be an object`, { data: { field: 'params' } });
  }
  return withoutUndefined(params as Record<string, unknown>);
};
