import { aidDirectoryName, KeyStoreError, slotIsolationKey } from 'aun-core';

const enc = encodeURIComponent;
const reserved = /^(?:|\.|\.\.|_pending|_pending_binds|_seq_\|.*|__trust_roots:.*)$/;

/** Prefixes in `instance_state` that are no AIDs (08 §10.1). */
export const TRUST_PREFIX = '__trust_roots:';

/** Replaced keys of an identity, in `pending_identities`, where no SDK takes them for an AID or a handle. */
const PREVIOUS_PREFIX = '_previous|';

/**
 * Directory name of an AID, the key of its records (08 §2, §10.1).
 *
 * @throws {KeyStoreError} `invalid_argument` for a text that cannot be one; `|` separates the parts of keys
 */
export function entryName(text: string, field = 'aid'): string {
  const name = aidDirectoryName(text);
  if (reserved.test(name) || /[|\0]/.test(name) || name.length > 200 || !isWellFormed(name)) {
    throw new KeyStoreError(
      'invalid_argument',
      `${field}: ${JSON.stringify(name.slice(0, 80))} cannot name an entry of the store`,
    );
  }
  return name;
}

/** `encodeURIComponent` throws for half a surrogate pair. */
const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

/** Store `certs`: the active certificate, or with a fingerprint a version. */
export const certKey = (aid: string, fingerprint = ''): string =>
  fingerprint === '' ? entryName(aid) : `${entryName(aid)}|${enc(fingerprint)}`;

/** Slot part of a key: the isolation key, or `_singleton` (08 §3). */
const slotKey = (slotId: string): string => slotIsolationKey(slotId) || '_singleton';

/** Store `instance_state`, tokens. */
export const instanceKey = (aid: string, deviceId: string, slotId: string): string =>
  `${entryName(aid)}|${part(deviceId, 'deviceId')}|${part(slotKey(slotId), 'slotId')}`;

/** Store `instance_state`, tokens: what the keys of all devices and slots of an identity begin with. */
export const instancePrefix = (aid: string): string => `${entryName(aid)}|`;

/** Store `instance_state`, cursors; with an empty namespace the prefix of all of them. */
export const seqKey = (aid: string, deviceId: string, slotId: string, namespace: string): string =>
  `_seq_|${instanceKey(aid, deviceId, slotId)}|${part(namespace, 'namespace')}`;

/** Store `group_state`. */
export const groupStateKey = (groupId: string): string => part(groupId, 'groupId');

/** Store `agent_md_cache` (09 §7.3). */
export const agentMdKey = (root: string, logical: string): string =>
  `${aidDirectoryName(root)}|${part(logical, 'aid')}`;

/** Root of cached cards: `{aunPath or '.'}/AIDs` (09 §7.3). */
export const agentMdRoot = (path: string): string => `${path.replace(/\/+$/, '') || '.'}/AIDs`;

/** Store `group_index_cache`. */
export const groupIndexKey = (localAid: string, groupAid: string): string =>
  `${entryName(localAid)}|${part(groupAid, 'groupAid')}`;

/** Store `pending_identities`: replaced keys, in the order they were replaced. */
export const previousPrefix = (name: string): string => `${PREVIOUS_PREFIX}${name}|`;
export const previousKey = (name: string, number: number): string =>
  `${previousPrefix(name)}${`${number}`.padStart(8, '0')}`;
export const isPreviousKey = (key: string): boolean => key.startsWith(PREVIOUS_PREFIX);

/** `{dir}-<8 hex>-<unix s>`; null when a text has another form (08 §5.1). */
export function pendingOwner(handle: string): string | null {
  return isPreviousKey(handle) ? null : (/^(.+)-[0-9a-f]{8}-[0-9]+$/s.exec(handle)?.[1] ?? null);
}

/** Device part of keys in `aun_v2`: one database serves all AIDs of the origin (03 §11.2). */
export const scopedDevice = (aid: string, deviceId: string): string =>
  `aid:${part(aid, 'aid')}|device:${part(deviceId, 'deviceId')}`;

/** All keys that begin with a text. */
export const prefixRange = (prefix: string): IDBKeyRange =>
  IDBKeyRange.bound(prefix, `${prefix}\uffff`, false, true);

function part(text: string, field: string): string {
  if (isWellFormed(text)) return enc(text);
  throw new KeyStoreError('invalid_argument', `${field}: not well-formed Unicode`);
}
