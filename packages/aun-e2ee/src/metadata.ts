import { canonicalJson, isJsonObject, type JsonObject, type JsonValue } from 'aun-core';
import { base64Encode, hmacSha256, timingSafeEqual, utf8Encode, wipe } from 'aun-crypto';
import { tryBase64 } from './base64.js';
import { CONTEXT_DOMAIN, HEADERS_DOMAIN, METADATA_KEY_DOMAIN } from './constants.js';

/** Domains that separate the tags of the two metadata objects. */
export const metadataDomains = { protected_headers: HEADERS_DOMAIN, context: CONTEXT_DOMAIN } as const;
export type MetadataName = keyof typeof metadataDomains;

const ALGORITHM = 'HMAC-SHA256';
const keyDomain = utf8Encode(METADATA_KEY_DOMAIN);

/** Key of the metadata tags of one message (03 §2). 32 bytes; wipe it after use. */
export function metadataKey(masterKey: Uint8Array): Uint8Array {
  return hmacSha256(masterKey, keyDomain);
}

/** The object with its `_auth` member; an existing `_auth` is replaced, an empty body gives `{}` (03 §6). */
export function authenticateMetadata(
  masterKey: Uint8Array,
  name: MetadataName,
  metadata: JsonObject,
): JsonObject {
  const body = metadata._auth === undefined ? metadata : withoutAuth(metadata);
  if (Object.keys(body).length === 0) return {};
  const tag = metadataTag(masterKey, name, body);
  return { ...body, _auth: { alg: ALGORITHM, tag: base64Encode(tag) } };
}

function metadataTag(masterKey: Uint8Array, name: MetadataName, body: JsonObject): Uint8Array {
  const key = metadataKey(masterKey);
  const tag = hmacSha256(key, utf8Encode(`${metadataDomains[name]}\0${canonicalJson(body)}`));
  wipe(key);
  return tag;
}

/** The metadata without `_auth`, other values untouched. */
export function withoutAuth(metadata: JsonObject): JsonObject {
  const { _auth, ...body } = metadata;
  return body;
}

/**
 * Null when the metadata object of an envelope is authentic or absent, else what is wrong with it, starting with
 * the object's name (03 §6, verification).
 */
export function metadataFault(
  masterKey: Uint8Array,
  name: MetadataName,
  metadata: JsonValue | undefined,
): string | null {
  if (metadata === undefined || metadata === null) return null;
  if (!isJsonObject(metadata)) return `${name} must be an object`;
  const body = withoutAuth(metadata);
  if (Object.keys(body).length === 0) return null;
  const auth = metadata._auth;
  if (!isJsonObject(auth)) return `${name} missing _auth`;
  if (auth.alg !== ALGORITHM) return `${name} unsupported _auth alg`;
  if (typeof auth.tag !== 'string' || auth.tag === '') return `${name} missing _auth tag`;
  return tagMatches(masterKey, name, body, auth.tag) ? null : `${name} _auth verification failed`;
}

function tagMatches(masterKey: Uint8Array, name: MetadataName, body: JsonObject, tag: string): boolean {
  const given = tryBase64(tag);
  if (given === null || given.length !== 32) return false;
  try {
    return timingSafeEqual(given, metadataTag(masterKey, name, body));
  } catch {
    // No canonical form (an unsafe number, or nesting beyond reason): nobody can have tagged it.
    return false;
  }
}
