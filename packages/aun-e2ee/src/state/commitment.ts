import { canonicalJson, isJsonObject, type JsonObject, type JsonValue, normalizeGroupId } from 'aun-core';
import { concatBytes, hexEncode, sha256, utf8Encode } from 'aun-crypto';
import { tryHex } from '../base64.js';
import { CHAIN_PREFIX, STATE_PREFIX } from '../constants.js';
import { stringOf } from '../wire.js';

/**
 * State hash: lower-case hex over group, `stateVersion` (of the *new* state, not the epoch) and the sorted payload
 * (03 §12.1). The payload is not mutated.
 *
 * @throws {RangeError} when the version is no uint32
 * @throws {CanonicalJsonError} when the payload has no canonical form
 */
export function stateHash(groupId: string, stateVersion: number, payload: JsonObject): string {
  const text = canonicalJson(sortStatePayload(payload));
  return hexEncode(
    sha256(
      concatBytes(
        utf8Encode(`${STATE_PREFIX}${normalizeGroupId(groupId)}`),
        uint32(stateVersion),
        utf8Encode(text),
      ),
    ),
  );
}

function uint32(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new RangeError(`epoch out of uint32 range: ${value}`);
  }
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
}

/** The state hash of a snapshot text; null when the text is no object, or not hashable. */
export function snapshotHash(groupId: string, stateVersion: number, snapshot: string): string | null {
  const payload = parseSnapshot(snapshot);
  if (payload === null) return null;
  try {
    return stateHash(groupId, stateVersion, payload);
  } catch {
    // A version out of range or a payload without canonical form cannot have a valid hash.
    return null;
  }
}

/** The object of a `membership_snapshot`; null for anything else. */
export function parseSnapshot(snapshot: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(snapshot);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** A copy with members, devices and the lists of AIDs in plain string order; the rest as it is (03 §12.1). */
export function sortStatePayload(payload: JsonObject): JsonObject {
  return rebuild(payload, {
    members: (members) => sortBy(members, 'aid', sortMember),
    audit_aids: sortTexts,
    admin_set: (set) => (isJsonObject(set) ? rebuild(set, { admin_aids: sortTexts }) : set),
    recovery_quorum: (quorum) =>
      isJsonObject(quorum) ? rebuild(quorum, { quorum_aids: sortTexts }) : quorum,
  });
}

type Rebuild = { readonly [key: string]: (value: readonly JsonValue[] & JsonValue) => JsonValue };

/** Copies an object, passing the named members through a function; lists only when they are lists. */
function rebuild(object: JsonObject, changes: Rebuild): JsonObject {
  const entries = Object.entries(object).map(([key, value]) => {
    const change = Object.hasOwn(changes, key) ? changes[key] : undefined;
    const applies = change !== undefined && (Array.isArray(value) || isJsonObject(value));
    return [key, applies ? change(value as readonly JsonValue[] & JsonValue) : value];
  });
  return Object.fromEntries(entries) as JsonObject;
}

function sortMember(member: JsonValue): JsonValue {
  return isJsonObject(member)
    ? rebuild(member, { devices: (devices) => sortBy(devices, 'device_id') })
    : member;
}

/** A list in the order of one member of its items; anything else as it is. */
function sortBy(items: JsonValue, key: string, change = (item: JsonValue) => item): JsonValue {
  if (!Array.isArray(items)) return items;
  const keyed = items.map((item: JsonValue) => ({ item, key: textOf(isJsonObject(item) ? item[key] : '') }));
  keyed.sort((a, b) => compareText(a.key, b.key));
  return keyed.map(({ item }) => change(item));
}

function sortTexts(items: JsonValue): JsonValue {
  return Array.isArray(items) ? [...items].sort((a, b) => compareText(textOf(a), textOf(b))) : items;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function textOf(value: JsonValue | undefined): string {
  return value === undefined || value === null ? '' : (stringOf(value) ?? '');
}

/**
 * The server's `state_chain` after a confirmed state: hex over the chain before (`""` at version 0) and the new state
 * hash (03 §12.6).
 *
 * @throws {TypeError} when either is no 64-digit hex text
 */
export function nextStateChain(previousChain: string, newStateHash: string): string {
  const previous = previousChain === '' ? new Uint8Array(32) : tryHex(previousChain);
  const hash = tryHex(newStateHash);
  if (previous?.length !== 32 || hash?.length !== 32) throw new TypeError('state chain needs 64 hex digits');
  return hexEncode(sha256(concatBytes(utf8Encode(CHAIN_PREFIX), previous, hash)));
}
