import { isJsonObject, type JsonObject, normalizeGroupId, type Result, resultErr, resultOk } from 'aun-core';
import type { PublicKey } from 'aun-crypto';
import type { TargetCode } from './codes.js';
import { Role } from './constants.js';
import { deviceIdOf, verifyDeviceRow } from './device-row.js';
import type { StateCommitmentWire } from './envelope.js';
import type { RecipientCache } from './recipient-cache.js';
import type { Target } from './target.js';
import { integerOf, textOf } from './wire.js';
import { applyWrapPolicy, parseWrapPolicy, WRAP_CAPABILITIES } from './wrap-policy.js';

/** Who sends, and whose keys are trusted. */
export interface TargetContext {
  readonly selfAid: string;
  readonly selfDeviceId: string;
  /** Key of the verified certificate of an AID; the own key for the own AID. Fetch them first: {@link bootstrapAids}. */
  readonly trustedKey: (aid: string) => PublicKey | null | undefined;
  readonly cache?: RecipientCache;
}

/** Verified recipients with the policy applied; cache it as long as the bootstrap it came from (03 §4.6). */
export interface TargetSet {
  readonly targets: readonly Target[];
  /** Audit recipients; they are wrapped last. */
  readonly auditTargets: readonly Target[];
}

export interface P2PTargetInput extends TargetContext {
  readonly to: string;
  /** Result of `message.v2.bootstrap` for `to`. */
  readonly bootstrap: unknown;
  /** Result of `message.v2.bootstrap` for the own AID; without it `self_devices` of the peer's bootstrap is used. */
  readonly selfBootstrap?: unknown;
}

export interface GroupTargetInput extends TargetContext {
  readonly groupId: string;
  /** Result of `group.v2.bootstrap`. */
  readonly bootstrap: unknown;
}

type Built<T> = Result<T, TargetCode>;

/** Params of `message.v2.bootstrap` without the client signature (03 §4.2). */
export function p2pBootstrapParams(peerAid: string) {
  return { peer_aid: peerAid, e2ee_wrap_capabilities: WRAP_CAPABILITIES };
}

/**
 * True when a message to `to` also needs the own AID's bootstrap for its self_sync rows: not for messages to oneself,
 * and not before `to` is known to have devices (03 §4.4).
 */
export function needsSelfBootstrap(input: {
  readonly to: string;
  readonly selfAid: string;
  readonly bootstrap: unknown;
}): boolean {
  return input.to !== input.selfAid && rowsOf(input.bootstrap, 'peer_devices').length > 0;
}

/** Params of `group.v2.bootstrap` that this layer knows (03 §4.3). */
export function groupBootstrapParams(groupId: string) {
  return { group_id: normalizeGroupId(groupId), e2ee_wrap_capabilities: WRAP_CAPABILITIES };
}

/** AIDs named in the device and audit rows of bootstrap results, without repetition: whose certificates are needed. */
export function bootstrapAids(...bootstraps: readonly unknown[]): string[] {
  const aids = new Set<string>();
  for (const bootstrap of bootstraps) {
    for (const list of ['peer_devices', 'self_devices', 'devices', 'audit_recipients']) {
      for (const row of rowsOf(bootstrap, list)) {
        if (typeof row.aid === 'string' && row.aid !== '') aids.add(row.aid);
      }
    }
  }
  return [...aids];
}

/**
 * Recipients of a message to `to`: its devices, audit recipients, and the other own devices (03 §4.4). A row that
 * fails verification aborts (`cause` tells which), except among the own devices: then nothing is self-synced.
 */
export function buildP2PTargets(input: P2PTargetInput): Built<TargetSet> {
  const { to } = input;
  const peerRows = rowsOf(input.bootstrap, 'peer_devices');
  if (peerRows.length === 0) return resultErr('no_devices', `V2 bootstrap: no devices found for ${to}`);
  const peers = verifyRows(peerRows, input, () => ({ aid: to, role: Role.peer }));
  if (!peers.ok) return peers;
  const audit = auditTargets(input);
  if (!audit.ok) return audit;
  const selfSync = to === input.selfAid ? [] : selfSyncTargets(input);
  const policy = parseWrapPolicy(isJsonObject(input.bootstrap) ? input.bootstrap.e2ee_wrap_policy : null);
  if (peers.data.length === 0) {
    const code = selfSync.length + audit.data.length === 0 ? 'no_usable_devices' : 'no_peer_target';
    return resultErr(code, `V2 bootstrap: no usable devices found for ${to}`);
  }
  return resultOk({
    targets: applyWrapPolicy([...peers.data, ...selfSync], policy),
    auditTargets: applyWrapPolicy(audit.data, policy),
  });
}

function selfSyncTargets(input: P2PTargetInput): Target[] {
  const rows = rowsOf(input.selfBootstrap, 'peer_devices');
  const own = rows.length > 0 ? rows : rowsOf(input.bootstrap, 'self_devices');
  const others = own.filter((row) => deviceIdOf(row) !== input.selfDeviceId);
  const verified = verifyRows(others, input, () => ({ aid: input.selfAid, role: Role.selfSync }));
  // Not fatal: the message reaches its addressee, the own devices just miss the copy.
  return verified.ok ? verified.data : [];
}

function auditTargets(input: TargetContext & { readonly bootstrap: unknown }): Built<Target[]> {
  return verifyRows(rowsOf(input.bootstrap, 'audit_recipients'), input, (row) => ({
    aid: aidOf(row),
    role: Role.audit,
  }));
}

/** Recipients of a group message: every device but the sending one, then the audit recipients (03 §4.4). */
export function buildGroupTargets(input: GroupTargetInput): Built<TargetSet> {
  const groupId = normalizeGroupId(input.groupId);
  const rows = rowsOf(input.bootstrap, 'devices');
  if (rows.length === 0) {
    return resultErr('no_group_devices', `V2 group bootstrap: no devices found for group ${groupId}`);
  }
  const others = rows.filter((row) => aidOf(row) !== input.selfAid || deviceIdOf(row) !== input.selfDeviceId);
  const members = verifyRows(others, input, (row) => ({
    aid: aidOf(row),
    role: aidOf(row) === input.selfAid ? Role.selfSync : Role.member,
  }));
  if (!members.ok) return members;
  const audit = auditTargets(input);
  if (!audit.ok) return audit;
  if (members.data.length + audit.data.length === 0) {
    return resultErr('no_group_targets', `V2 group: no target devices for group ${groupId}`);
  }
  const policy = parseWrapPolicy(isJsonObject(input.bootstrap) ? input.bootstrap.e2ee_wrap_policy : null);
  return resultOk({
    targets: applyWrapPolicy(members.data, policy),
    auditTargets: applyWrapPolicy(audit.data, policy),
  });
}

function verifyRows(
  rows: readonly JsonObject[],
  context: TargetContext,
  owner: (row: JsonObject) => { readonly aid: string; readonly role: Role },
): Built<Target[]> {
  const targets: Target[] = [];
  for (const row of rows) {
    const { aid, role } = owner(row);
    if (aid === '' || deviceIdOf(row) === null || typeof row.ik_pk !== 'string' || row.ik_pk === '') continue;
    const trustedKey = context.trustedKey(aid);
    if (trustedKey === null || trustedKey === undefined) {
      return resultErr('trusted_key_missing', `trusted_key_missing: no verified certificate of ${aid}`, {
        aid,
      });
    }
    const checked = verifyDeviceRow({ aid, row, role, trustedKey, cache: context.cache });
    if (!checked.ok) return checked;
    if (checked.data !== null) targets.push(checked.data);
  }
  return resultOk(targets);
}

function rowsOf(bootstrap: unknown, list: string): JsonObject[] {
  const rows = isJsonObject(bootstrap) ? bootstrap[list] : undefined;
  return Array.isArray(rows) ? rows.filter(isJsonObject) : [];
}

function aidOf(row: JsonObject): string {
  return typeof row.aid === 'string' ? row.aid : '';
}

/** What a group bootstrap contributes to the AAD (03 §4.3, §5.2). */
export interface GroupSendContext {
  readonly epoch: number;
  readonly stateCommitment: StateCommitmentWire;
}

/** Epoch and state commitment of a group bootstrap; `state_hash_signed` wins whenever it is present, even empty. */
export function groupSendContext(bootstrap: unknown): GroupSendContext {
  const fields = isJsonObject(bootstrap) ? bootstrap : {};
  return {
    epoch: integerOf(fields.epoch),
    stateCommitment: {
      state_version: integerOf(fields.state_version),
      state_hash: textOf(fields.state_hash_signed ?? fields.state_hash),
      state_chain: textOf(fields.state_chain),
    },
  };
}
