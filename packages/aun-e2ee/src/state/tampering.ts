import { isJsonObject, type JsonObject } from 'aun-core';
import { textOf } from '../wire.js';
import { parseSnapshot } from './commitment.js';
import { snapshotMembers } from './snapshot.js';

/** Join modes in which members enter without an admin's decision (03 §12.2). */
const openModes = new Set(['open', 'invite_code', 'invite_only']);

/** `group.v2.state_tampered`. */
export type TamperEvent = {
  readonly group_id: string;
  readonly pending_extra: readonly string[];
  readonly mode: string;
};

/**
 * AIDs that a bootstrap names as members or gives devices for although the signed snapshot does not: sorted. For the
 * old list form `member_aids` is compared; for object snapshots the AIDs of the device rows (03 §12.4, hardening).
 * What it returns matters only in controlled groups: {@link tamperEvent}.
 */
export function unsignedMembers(bootstrap: unknown): string[] {
  const fields: JsonObject = isJsonObject(bootstrap) ? bootstrap : {};
  const snapshot = textOf(fields.state_membership_snapshot);
  const list = snapshot.startsWith('[') ? parseList(snapshot) : null;
  const object = parseSnapshot(snapshot);
  const signed = list ?? (object === null ? null : snapshotMembers(object));
  if (signed === null) return [];
  const known = new Set(signed);
  const seen = list === null ? deviceAids(fields) : stringsOf(fields.member_aids);
  return [...new Set(seen.filter((aid) => !known.has(aid)))].sort();
}

/** The event to publish when a controlled group shows unsigned members; null otherwise (03 §12.4). */
export function tamperEvent(
  groupId: string,
  unsigned: readonly string[],
  joinMode: string,
): TamperEvent | null {
  if (unsigned.length === 0 || openModes.has(joinMode)) return null;
  return { group_id: groupId, pending_extra: unsigned, mode: joinMode };
}

function parseList(snapshot: string): string[] | null {
  try {
    const value: unknown = JSON.parse(snapshot);
    return Array.isArray(value) ? stringsOf(value) : null;
  } catch {
    return null;
  }
}

function deviceAids(fields: JsonObject): string[] {
  const devices = Array.isArray(fields.devices) ? fields.devices : [];
  return devices
    .filter(isJsonObject)
    .map((row) => textOf(row.aid))
    .filter((aid) => aid !== '');
}

function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
