import {
  CanonicalJsonError,
  canonicalJson,
  E2EEError,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from 'aun-core';
import { stringOf } from './wire.js';

const keyPattern = /^[a-z0-9_-]+$/;

/** The checked key, lower case, or the reason why it is none (03 §6). */
function checkKey(key: string): { readonly key: string } | { readonly fault: string } {
  const clean = key.trim().toLowerCase();
  if (!keyPattern.test(clean)) return { fault: 'protected header key must match [a-z0-9_-]+' };
  if (clean === '_auth') return { fault: 'protected header key is reserved' };
  return { key: clean };
}

function requireKey(key: string): string {
  const checked = checkKey(key);
  if ('fault' in checked) throw new E2EEError(checked.fault, { localCode: 'protected_header_key_invalid' });
  return checked.key;
}

/**
 * Headers that travel readable beside the ciphertext and are authenticated for recipients (07 §6.9).
 *
 * @example
 * new ProtectedHeaders({ 'Trace-Id': 't-1' }).set('retries', 3).toObject() // { 'trace-id': 't-1', retries: '3' }
 */
export class ProtectedHeaders {
  readonly #values = new Map<string, string>();

  /** @throws {E2EEError} for a key that does not match `[a-z0-9_-]+` or is `_auth`, or a value without text */
  constructor(values?: { readonly [key: string]: unknown } | ProtectedHeaders | null) {
    const entries = values instanceof ProtectedHeaders ? values.toObject() : (values ?? {});
    for (const [key, value] of Object.entries(entries)) this.set(key, value);
  }

  static from(values?: { readonly [key: string]: unknown } | ProtectedHeaders | null): ProtectedHeaders {
    return new ProtectedHeaders(values);
  }

  /** As the constructor, but silently leaves out what is not allowed (`setProtectedHeaders`, 07 §6.9). */
  static lenient(values?: { readonly [key: string]: unknown } | ProtectedHeaders | null): ProtectedHeaders {
    const headers = new ProtectedHeaders();
    const entries = values instanceof ProtectedHeaders ? values.toObject() : (values ?? {});
    for (const [key, value] of Object.entries(entries)) {
      if ('key' in checkKey(key) && stringOf(value) !== null) headers.set(key, value);
    }
    return headers;
  }

  /** Stores `String(value)`; null and undefined become `''`. @throws {E2EEError} as the constructor */
  set(key: string, value: unknown): this {
    const text = value === null || value === undefined ? '' : stringOf(value);
    if (text === null) {
      throw new E2EEError('protected header value has no text', {
        localCode: 'protected_header_value_invalid',
      });
    }
    this.#values.set(requireKey(key), text);
    return this;
  }

  get<D = null>(key: string, fallback?: D): string | D | null {
    return this.#values.get(key.trim().toLowerCase()) ?? fallback ?? null;
  }

  remove(key: string): this {
    this.#values.delete(key.trim().toLowerCase());
    return this;
  }

  toObject(): { [key: string]: string } {
    return Object.fromEntries(this.#values);
  }

  toJSON(): { [key: string]: string } {
    return this.toObject();
  }
}

/**
 * Normalises caller-supplied headers: keys trimmed and lower-cased, later duplicates win, values as text (null → `''`,
 * other non-strings → canonical JSON). Anything but a plain object gives no headers (03 §6).
 *
 * @throws {E2EEError} for a bad or reserved key, or a value without JSON form
 */
export function normalizeProtectedHeaders(headers: unknown): Map<string, string> {
  const plain = headers instanceof ProtectedHeaders ? headers.toObject() : headers;
  const out = new Map<string, string>();
  if (!isJsonObject(plain)) return out;
  for (const [key, value] of Object.entries(plain)) out.set(requireKey(key), headerValue(value));
  return out;
}

function headerValue(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  try {
    return canonicalJson(value);
  } catch (error) {
    if (!(error instanceof CanonicalJsonError)) throw error;
    throw new E2EEError(`protected header value cannot be serialised: ${error.message}`, {
      localCode: 'protected_header_value_invalid',
      cause: error,
    });
  }
}

/** Name and version of the SDK as they are written into every envelope. */
export interface SdkIdentity {
  readonly lang: string;
  readonly version: string;
}

/** The complete header body of an envelope: caller's headers, payload type and SDK identity (03 §6). */
export function envelopeHeaders(headers: unknown, payload: JsonValue, sdk: SdkIdentity): JsonObject {
  const type = isJsonObject(payload) ? payload.type : undefined;
  const hasType = typeof type === 'string' && type !== '';
  if (headers === undefined || headers === null) {
    const identity = { sdk_lang: sdk.lang, sdk_version: sdk.version };
    return hasType ? { payload_type: type, ...identity } : identity;
  }
  const out = normalizeProtectedHeaders(headers);
  if (hasType && !out.has('payload_type')) out.set('payload_type', type);
  out.set('sdk_lang', sdk.lang);
  out.set('sdk_version', sdk.version);
  // A misspelling that older SDKs sent.
  out.delete('sdk_vesion');
  return Object.fromEntries(out);
}
