import { isJsonObject, type JsonObject, type JsonValue, normalizeGroupId } from 'aun-core';
import { Role, SUITE, type WrapProtocol } from './constants.js';
import type { SelectedRow } from './open-row.js';

/** What the delivery says and the signed AAD must repeat (03 §8.1, hardening). */
export interface OpenExpectation {
  /** `from_aid` of the delivered row. */
  readonly from?: string | undefined;
  /** `group_id` of the delivered row, any spelling. */
  readonly groupId?: string | undefined;
}

export interface AadCheck {
  readonly envelope: JsonObject;
  readonly selected: SelectedRow;
  readonly protocol: WrapProtocol;
  readonly selfAid: string;
  readonly selfDeviceId: string;
  readonly expected: OpenExpectation;
}

/**
 * Null when the signed AAD fits the delivery, else what does not fit (03 §8.1, hardening). Audit rows are exempt from
 * the addressee check: an auditor is neither `to` nor `from`.
 */
export function aadFault(check: AadCheck): string | null {
  const { envelope, selected, expected, selfAid } = check;
  const aad: JsonObject = isJsonObject(envelope.aad) ? envelope.aad : {};
  if (expected.from !== undefined && aad.from !== expected.from) return 'aad.from differs from the sender';
  if (aad.suite !== SUITE) return 'aad.suite is unknown';
  if ((envelope.suite ?? SUITE) !== SUITE) return 'suite is unknown';
  const group = aad.group_id;
  if (typeof group !== 'string' || group === '') {
    if (expected.groupId) return 'aad.group_id is missing';
    const addressed = aad.to === selfAid || aad.from === selfAid || selected.row[2] === Role.audit;
    if (!addressed) return 'aad.to is another AID';
  } else if (expected.groupId !== undefined && !sameGroup(group, expected.groupId)) {
    return 'aad.group_id differs from the group';
  }
  if (selected.perDevice && !isOwnRow(check)) return 'recipient is another AID or device';
  return protocolListed(aad.wrap_protocol, check.protocol)
    ? null
    : 'aad.wrap_protocol lacks the used protocol';
}

function sameGroup(a: string, b: string): boolean {
  return normalizeGroupId(a) === normalizeGroupId(b);
}

function isOwnRow({ selected, selfAid, selfDeviceId }: AadCheck): boolean {
  const [aid, deviceId] = selected.row;
  return aid === selfAid && (deviceId === selfDeviceId || deviceId === '');
}

function protocolListed(listed: JsonValue | undefined, used: WrapProtocol): boolean {
  return typeof listed === 'string' && listed.split('+').includes(used);
}
