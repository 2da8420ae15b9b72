import { isJsonObject, type JsonObject, stableStringify } from 'aun-core';
import { textOf } from '../wire.js';

/** One entry of `group.get_members`. */
export interface GroupMember {
  readonly aid: string;
  readonly role: string;
}

/** Members of a `group.get_members` or `group.get_online_members` answer: the first of `lists` that is an array. */
export function readMembers(answer: unknown, lists: readonly string[] = ['members', 'items']): GroupMember[] {
  return memberEntries(answer, lists).map((entry) => ({ aid: textOf(entry.aid), role: textOf(entry.role) }));
}

/** The raw entries behind {@link readMembers}, without those that name no AID. */
export function memberEntries(answer: unknown, lists: readonly string[]): JsonObject[] {
  if (!isJsonObject(answer)) return [];
  const name = lists.find((list) => answer[list] !== undefined && answer[list] !== null);
  const items = name === undefined ? [] : answer[name];
  if (!Array.isArray(items)) return [];
  return items.filter(isJsonObject).filter((entry) => textOf(entry.aid) !== '');
}

/** True for the roles that may propose and confirm states (03 §12.3). */
export function isAdminRole(role: string): boolean {
  return role === 'owner' || role === 'admin';
}

/**
 * The state payload of a group as SDKs build it: members in the given order with the devices of the bootstrap
 * (03 §12.1).
 */
export function buildStatePayload(members: readonly GroupMember[], bootstrap: unknown): JsonObject {
  const devices = rows(bootstrap, 'devices');
  const auditAids = rows(bootstrap, 'audit_recipients').map((row) => textOf(row.aid));
  return {
    members: members.map(({ aid }) => ({
      aid,
      devices: devices
        .filter((row) => textOf(row.aid) === aid)
        .map((row) => ({ device_id: textOf(row.device_id), ik_fp: textOf(row.ik_fp) })),
    })),
    audit_aids: [...new Set(auditAids.filter((aid) => aid !== ''))].sort(),
    admin_set: {
      admin_aids: members
        .filter(({ role }) => isAdminRole(role))
        .map(({ aid }) => aid)
        .sort(),
      threshold: 1,
    },
    join_policy_hash: null,
    recovery_quorum: null,
    history_policy: 'recent_7_days',
    wrap_protocol: '3DH',
  };
}

/** `membership_snapshot`: the payload's keys sorted, its lists in order. Keep this text byte for byte (03 §12.1). */
export function membershipSnapshot(payload: JsonObject): string {
  return stableStringify(payload);
}

/** Member AIDs of a snapshot object, in its order. */
export function snapshotMembers(snapshot: JsonObject): string[] {
  const members = Array.isArray(snapshot.members) ? snapshot.members : [];
  return members.filter(isJsonObject).map((member) => textOf(member.aid));
}

/** `admin_set.admin_aids` of a snapshot object. */
export function snapshotAdmins(snapshot: JsonObject): string[] {
  const set = isJsonObject(snapshot.admin_set) ? snapshot.admin_set.admin_aids : [];
  return Array.isArray(set) ? set.filter((aid) => typeof aid === 'string') : [];
}

function rows(bootstrap: unknown, list: string): JsonObject[] {
  const items = isJsonObject(bootstrap) ? bootstrap[list] : undefined;
  return Array.isArray(items) ? items.filter(isJsonObject) : [];
}
