import { Role } from '../constants.js';
import type { RecipientRow } from '../envelope.js';
import { accept, E2eeRpcCode, reject, type Verdict } from './verdict.js';

export interface P2PCoverage {
  readonly to: string;
  readonly rows: readonly RecipientRow[];
  /** Active devices of `to` (04 §3). */
  readonly activeDevices: readonly string[];
  /** Audit AIDs configured for this pair. */
  readonly auditAids?: readonly string[];
}

/** Rows that get inbox rows; `ignored` are peer rows for devices that are not registered. */
export interface CoveredRows {
  readonly ignored: ReadonlySet<number>;
}

/** Checks 8-10 of 04 §5.2: devices and auditors covered, rows for unknown devices ignored unless nothing is left. */
export function checkP2PCoverage(coverage: P2PCoverage): Verdict<CoveredRows> {
  const { rows, to } = coverage;
  const addressed = new Set<string>();
  for (const [, deviceId, role] of rows) if (role === Role.peer) addressed.add(deviceId);
  const missing = addressed.has('') ? [] : coverage.activeDevices.filter((id) => !addressed.has(id));
  if (missing.length > 0) {
    const data = { missing_devices: missing.map((id) => ({ aid: to, device_id: id })) };
    return reject(E2eeRpcCode.recipientMismatch, 'payload.recipients', 'a device of "to" has no row', data);
  }
  const audit = missingAudit(rows, coverage.auditAids);
  if (audit.length > 0) {
    const reason = 'an audit recipient has no row';
    return reject(E2eeRpcCode.recipientMismatch, 'payload.recipients', reason, { missing_aids: audit });
  }
  return dropUnknownDevices(coverage, addressed);
}

function dropUnknownDevices(coverage: P2PCoverage, addressed: ReadonlySet<string>): Verdict<CoveredRows> {
  const active = new Set(coverage.activeDevices);
  const ignored = new Set<number>();
  for (const [i, [, deviceId, role]] of coverage.rows.entries()) {
    if (role === Role.peer && deviceId !== '' && !active.has(deviceId)) ignored.add(i);
  }
  if (ignored.size < addressed.size) return accept({ ignored });
  return reject(E2eeRpcCode.deviceNotFound, 'payload.recipients', 'no row names a registered device of "to"');
}

function missingAudit(rows: readonly RecipientRow[], auditAids: readonly string[] = []): string[] {
  const present = new Set<string>();
  for (const [aid, , role] of rows) if (role === Role.audit) present.add(aid);
  return auditAids.filter((aid) => !present.has(aid));
}

export interface GroupCoverage {
  readonly groupAid: string;
  readonly senderAid: string;
  /** Device of the connection; it needs no row of its own. */
  readonly senderDevice: string;
  readonly rows: readonly RecipientRow[];
  /** Visible members with their registered devices, the sender included (05 §9.6). */
  readonly members: ReadonlyMap<string, readonly string[]>;
  /** False = the prekey was never published by that device, or too long ago (check 11). Default: not checked. */
  readonly isKnownPrekey?: (aid: string, deviceId: string, spkId: string) => boolean;
  readonly auditAids?: readonly string[];
  /** `stateVersion` of the validated envelope and of the group; check 16 only when both are given. */
  readonly stateVersion?: number;
  readonly currentStateVersion?: number;
}

/** Checks 9-13 and 16 of 05 §9.3, in their order. */
export function checkGroupCoverage(coverage: GroupCoverage): Verdict<null> {
  const { groupAid, members } = coverage;
  const rowsByAid = rowsOfMembers(coverage.rows);
  const refuse = (code: number, reason: string, data: Record<string, readonly string[]> = {}) =>
    reject(code, 'envelope.recipients', reason, { group_aid: groupAid, ...data });
  const unexpected = [...rowsByAid.keys()].filter((aid) => !members.has(aid));
  if (unexpected.length > 0) {
    const data = { unexpected_aids: unexpected };
    return refuse(E2eeRpcCode.recipientMismatch, 'a row names an AID that is no visible member', data);
  }
  const absent = absentAids(coverage, rowsByAid);
  if (absent.length > 0) {
    return refuse(E2eeRpcCode.memberListChanged, 'a member has no row', { missing_aids: absent });
  }
  const device = deviceFault(coverage, rowsByAid);
  if (device !== null) return device;
  const gap = missingDevices(coverage, rowsByAid);
  if (gap.length > 0) {
    const data = { group_aid: groupAid, missing_devices: gap };
    return reject(
      E2eeRpcCode.recipientMismatch,
      'envelope.recipients',
      'a device of a member has no row',
      data,
    );
  }
  const audit = missingAudit(coverage.rows, coverage.auditAids);
  if (audit.length > 0) {
    return refuse(E2eeRpcCode.auditRecipientMissing, 'an audit recipient has no row', {
      missing_aids: audit,
    });
  }
  if ((coverage.stateVersion ?? 0) > (coverage.currentStateVersion ?? Number.POSITIVE_INFINITY)) {
    return reject(
      E2eeRpcCode.memberListChanged,
      'envelope.aad.state_commitment',
      'is ahead of the group state',
    );
  }
  return accept(null);
}

/** Device ids of the member and self_sync rows of each AID. */
function rowsOfMembers(rows: readonly RecipientRow[]): Map<string, RecipientRow[]> {
  const byAid = new Map<string, RecipientRow[]>();
  for (const row of rows) {
    if (row[2] === Role.audit) continue;
    const known = byAid.get(row[0]);
    if (known === undefined) byAid.set(row[0], [row]);
    else known.push(row);
  }
  return byAid;
}

/** Check 10. */
function absentAids(coverage: GroupCoverage, rowsByAid: ReadonlyMap<string, unknown>): string[] {
  const absent: string[] = [];
  for (const [aid, devices] of coverage.members) {
    if (aid !== coverage.senderAid && devices.length > 0 && !rowsByAid.has(aid)) absent.push(aid);
  }
  return absent;
}

/** Check 11. */
function deviceFault(
  coverage: GroupCoverage,
  rowsByAid: ReadonlyMap<string, readonly RecipientRow[]>,
): Verdict<never> | null {
  for (const [aid, rows] of rowsByAid) {
    const registered = new Set(coverage.members.get(aid));
    for (const [, deviceId, , , , spkId] of rows) {
      if (deviceId === '') continue;
      const data = { group_aid: coverage.groupAid, aid, device_id: deviceId };
      if (!registered.has(deviceId)) {
        return reject(E2eeRpcCode.deviceNotFound, 'envelope.recipients', 'a device is not registered', data);
      }
      if (spkId !== '' && coverage.isKnownPrekey?.(aid, deviceId, spkId) === false) {
        return reject(E2eeRpcCode.prekeyStale, 'envelope.recipients', 'a prekey is unknown or too old', data);
      }
    }
  }
  return null;
}

/** Check 12. */
function missingDevices(
  coverage: GroupCoverage,
  rowsByAid: ReadonlyMap<string, readonly RecipientRow[]>,
): { aid: string; device_id: string }[] {
  const missing: { aid: string; device_id: string }[] = [];
  for (const [aid, rows] of rowsByAid) {
    const addressed = new Set(rows.map((row) => row[1]));
    if (addressed.has('')) continue;
    for (const deviceId of coverage.members.get(aid) ?? []) {
      const isSending = aid === coverage.senderAid && deviceId === coverage.senderDevice;
      if (!isSending && !addressed.has(deviceId)) missing.push({ aid, device_id: deviceId });
    }
  }
  return missing;
}
