import { canonicalJson, E2EEError, type JsonObject, type JsonValue } from 'aun-core';
import { deprecated } from '../legacy/deprecation.js';

const KEY = /^[a-z0-9_-]+$/;
const RESERVED = '_auth';

const text = (value: unknown): string => (value === null || value === undefined ? '' : String(value));

/**
 * Plain-text metadata of a message: readable by gateways and receivers, protected against change inside encrypted
 * messages (07 §6.9). Keys are folded to lower case.
 */
export class ProtectedHeaders {
  readonly #values = new Map<string, string>();

  constructor(values?: Readonly<Record<string, unknown>> | null) {
    for (const [key, value] of Object.entries(values ?? {})) this.set(key, value);
  }

  static from(values: Readonly<Record<string, unknown>> | ProtectedHeaders): ProtectedHeaders {
    return new ProtectedHeaders(values instanceof ProtectedHeaders ? values.toObject() : values);
  }

  /** @throws {E2EEError} when the key is reserved or not made of `[a-z0-9_-]` */
  set(key: string, value: unknown): this {
    this.#values.set(checkedKey(key), text(value));
    return this;
  }

  get<T = null>(key: string, fallback: T | null = null): string | T | null {
    return this.#values.get(foldKey(key)) ?? fallback;
  }

  remove(key: string): this {
    this.#values.delete(foldKey(key));
    return this;
  }

  toObject(): Record<string, string> {
    return Object.fromEntries(this.#values);
  }

  toJSON(): Record<string, string> {
    return this.toObject();
  }
}

const foldKey = (key: string): string => String(key).trim().toLowerCase();

const checkedKey = (key: string): string => {
  const folded = foldKey(key);
  if (folded === RESERVED) throw new E2EEError('protected header key is reserved');
  if (!KEY.test(folded)) throw new E2EEError('protected header key must match [a-z0-9_-]+');
  return folded;
};

/** Instance-wide headers: unusable keys are skipped without a word (07 §6.9). Null when nothing is left. */
export const instanceHeaders = (
  values: Readonly<Record<string, unknown>> | ProtectedHeaders | null | undefined,
): Record<string, string> | null => {
  if (values === null || values === undefined) return null;
  const source = values instanceof ProtectedHeaders ? values.toObject() : values;
  const kept = Object.entries(source)
    .map(([key, value]) => [foldKey(key), text(value)] as const)
    .filter(([key]) => key !== RESERVED && KEY.test(key));
  return kept.length === 0 ? null : Object.fromEntries(kept);
};

/**
 * Per-call headers are normalised strictly: a bad key is an error, structured values become canonical JSON (03 §6).
 * Anything that is not a plain object counts as absent.
 */
const callHeaders = (value: unknown): Record<string, string> => {
  if (value instanceof ProtectedHeaders) return value.toObject();
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  const out: Record<string, string> = {};
  for (const [key, entry] of Object.entries(value as Record<string, JsonValue>)) {
    out[checkedKey(key)] = headerText(entry);
  }
  return out;
};

const headerText = (value: JsonValue | undefined): string => {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : canonicalJson(value);
};

/** The four methods that carry protected headers (07 §6.9). */
const CARRIERS: ReadonlySet<string> = new Set([
  'message.send',
  'group.send',
  'message.thought.put',
  'group.thought.put',
]);

/** Instance headers overlaid by those of the call; the deprecated alias `headers` is folded in and removed. */
export const mergeProtectedHeaders = (
  method: string,
  params: JsonObject,
  instance: Readonly<Record<string, string>> | null,
): JsonObject => {
  if (!CARRIERS.has(method)) return params;
  const { headers, protected_headers, ...rest } = params;
  if (headers !== undefined) deprecated("param 'headers'", "'protected_headers'");
  const merged = { ...instance, ...callHeaders(protected_headers ?? headers) };
  return Object.keys(merged).length === 0 ? rest : { ...rest, protected_headers: merged };
};
