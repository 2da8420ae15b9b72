import { type JsonObject, normalizeGroupId } from 'aun-core';
import { utf8Encode } from 'aun-crypto';
import { groupBootstrapParams } from '../build-targets.js';
import { isAdminRole, memberEntries } from './snapshot.js';

const FNV_OFFSET = 2_166_136_261;
const FNV_PRIME = 16_777_619;

/** Wait before an event-triggered proposal, 2000-5999 ms, from a delay key (03 §12.5). */
export function leaderDelayMs(key: string): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < key.length; i++) {
    hash = Math.imul(hash ^ key.charCodeAt(i), FNV_PRIME) >>> 0;
  }
  return 2000 + (hash % 4000);
}

/** Delay key of one device of a group. */
export function leaderDelayKey(groupId: string, candidate: string): string {
  return [normalizeGroupId(groupId), candidate].map((text) => `${utf8Encode(text).length}:${text};`).join('');
}

/** Candidate of an election: AID, U+001F, device. */
export function leaderCandidate(aid: string, deviceId: string): string {
  return `${aid}\u001f${deviceId}`;
}

export interface ElectionInput {
  readonly groupId: string;
  readonly selfAid: string;
  readonly selfDeviceId: string;
  /** Online AIDs that are owner or admin. */
  readonly onlineAdmins: readonly string[];
  /** Device rows of the group bootstrap. */
  readonly devices: readonly JsonObject[];
}

/** Delay key of a device that must wait, or null for the leader (03 §12.5). */
export function electLeader(input: ElectionInput): string | null {
  const admins = new Set(input.onlineAdmins);
  const own = leaderCandidate(input.selfAid, input.selfDeviceId);
  const found = input.devices
    .filter((row) => typeof row.aid === 'string' && admins.has(row.aid))
    .map((row) => leaderCandidate(String(row.aid), typeof row.device_id === 'string' ? row.device_id : ''));
  const others = found.length > 0 ? found : input.onlineAdmins.map((aid) => leaderCandidate(aid, ''));
  const leader = [own, ...others].sort()[0];
  return leader === own ? null : leaderDelayKey(input.groupId, own);
}

export interface LeaderDeps {
  readonly selfAid: string;
  readonly selfDeviceId: string;
  readonly call: (method: string, params: JsonObject) => Promise<unknown>;
}

/** Whether this device proposes at all, and after how many ms. */
export interface LeaderDecision {
  readonly proceed: boolean;
  readonly delayKey: string | null;
  readonly delayMs: number;
}

/** Decides before an event-triggered proposal (03 §12.5). Any failure of a call means: go ahead at once. */
export async function decideLeader(deps: LeaderDeps, groupId: string): Promise<LeaderDecision> {
  try {
    return await decide(deps, normalizeGroupId(groupId));
  } catch {
    // Two proposals do no harm, none would.
    return { proceed: true, delayKey: null, delayMs: 0 };
  }
}

async function decide(deps: LeaderDeps, groupId: string): Promise<LeaderDecision> {
  const answer = await deps.call('group.get_online_members', { group_id: groupId });
  const online = memberEntries(answer, ['members', 'items', 'online_members']).filter(
    (entry) => entry.online,
  );
  const onlineAdmins = online
    .filter((entry) => typeof entry.role === 'string' && isAdminRole(entry.role))
    .map((entry) => String(entry.aid));
  if (!onlineAdmins.includes(deps.selfAid)) return { proceed: false, delayKey: null, delayMs: 0 };
  const bootstrap = await deps.call('group.v2.bootstrap', groupBootstrapParams(groupId));
  const devices = memberEntries(bootstrap, ['devices']);
  const { selfAid, selfDeviceId } = deps;
  const delayKey = electLeader({ groupId, selfAid, selfDeviceId, onlineAdmins, devices });
  return { proceed: true, delayKey, delayMs: delayKey === null ? 0 : leaderDelayMs(delayKey) };
}
