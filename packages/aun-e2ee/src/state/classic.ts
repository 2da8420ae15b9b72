import { isJsonObject, type JsonObject, type JsonValue } from 'aun-core';
import { concatBytes, hexEncode, sha256, utf8Encode } from 'aun-crypto';
import { tryHex } from '../base64.js';
import { integerOf, textOf } from '../wire.js';

/** The fields of `event/group.state_committed`, an event of older servers (03 §12.8). */
export interface ClassicState {
  readonly groupId: string;
  readonly stateVersion: number;
  readonly stateHash: string;
  readonly prevStateHash: string;
  readonly keyEpoch: number;
  readonly membershipSnapshot: string;
  readonly policySnapshot: string;
}

/** Reads the event's payload; missing members count as 0 or `""`. */
export function readClassicState(event: unknown): ClassicState {
  const fields = isJsonObject(event) ? event : {};
  return {
    groupId: textOf(fields.group_id),
    stateVersion: integerOf(fields.state_version),
    stateHash: textOf(fields.state_hash),
    prevStateHash: textOf(fields.prev_state_hash),
    keyEpoch: integerOf(fields.key_epoch),
    membershipSnapshot: textOf(fields.membership_snapshot),
    policySnapshot: textOf(fields.policy_snapshot),
  };
}

/** Bytes under the classic hash; null when a snapshot cannot be read. */
export function classicStatePreimage(state: ClassicState): Uint8Array | null {
  const members = memberText(state.membershipSnapshot);
  const policy = policyText(state.policySnapshot);
  const previous = state.prevStateHash === '' ? new Uint8Array(32) : tryHex(state.prevStateHash);
  if (members === null || policy === null || previous === null) return null;
  const zero = Uint8Array.of(0);
  return concatBytes(
    ...[utf8Encode(state.groupId), zero, uint64(state.stateVersion), zero, uint64(state.keyEpoch), zero],
    ...[utf8Encode(members), zero, utf8Encode(policy), zero, previous],
  );
}

/** Classic state hash, lower-case hex; null when a snapshot cannot be read. */
export function classicStateHash(state: ClassicState): string | null {
  const preimage = classicStatePreimage(state);
  return preimage === null ? null : hexEncode(sha256(preimage));
}

/**
 * What a client does with the event: `store` it, `refetch` the state because it does not follow the stored one, or
 * `ignore` it because its hash is wrong (03 §12.8).
 */
export function judgeClassicState(
  state: ClassicState,
  local: { readonly stateHash: string } | null,
): 'store' | 'refetch' | 'ignore' {
  if (local !== null && local.stateHash !== '' && state.prevStateHash !== local.stateHash) return 'refetch';
  return classicStateHash(state) === state.stateHash ? 'store' : 'ignore';
}

function memberText(snapshot: string): string | null {
  if (snapshot === '') return '';
  const members = parse(snapshot);
  if (!Array.isArray(members)) return null;
  return members
    .filter(isJsonObject)
    .map((member: JsonObject) => ({ aid: textOf(member.aid), role: textOf(member.role) }))
    .sort((a, b) => Number(a.aid > b.aid) - Number(a.aid < b.aid))
    .map(({ aid, role }) => `${aid}:${role}`)
    .join('|');
}

function policyText(snapshot: string): string | null {
  if (snapshot === '') return '';
  const policy = parse(snapshot);
  if (!isJsonObject(policy)) return null;
  const keys = Object.keys(policy).sort();
  if (keys.length === 0) return '';
  return `{${keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(policy[key])}`).join(',')}}`;
}

function parse(json: string): JsonValue | undefined {
  try {
    return JSON.parse(json) as JsonValue;
  } catch {
    return undefined;
  }
}

function uint64(value: number): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, BigInt(Math.max(0, value)));
  return out;
}
