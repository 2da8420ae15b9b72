import { CloseCode, type JsonObject, RpcCode } from 'aun-core';
import { invalidParams, RpcFailure } from '../rpc/failure.js';
import type { LiveSession } from './live-session.js';
import type { SessionIndex } from './session-index.js';
import type { SessionInfo } from './session-info.js';

export interface AdmissionLimits {
  readonly longSlotsPerDevice: number;
  readonly longDevicesPerAid: number;
  readonly shortPerSlot: number;
}

/** One session that has to go so that another may come (02 §12.3). */
export interface Eviction {
  readonly session: LiveSession;
  readonly code: number;
  readonly reason: string;
  readonly detail: JsonObject;
}

const placeOf = (info: SessionInfo): JsonObject => ({
  aid: info.aid,
  device_id: info.deviceId,
  slot_id: info.slotId,
});

const replaced = (session: LiveSession, by: SessionInfo): Eviction => ({
  session,
  code: CloseCode.replaced,
  reason: 'Connection replaced',
  detail: {
    ...placeOf(session.info),
    ...(session.info.extraInfo === null ? {} : { self_extra_info: session.info.extraInfo }),
    ...(by.extraInfo === null ? {} : { new_extra_info: by.extraInfo }),
  },
});

const overQuota = (session: LiveSession, by: SessionInfo, kind: string, limit: number): Eviction => ({
  session,
  code: CloseCode.longQuotaExceeded,
  reason: `long connection quota exceeded: ${kind}`,
  detail: { ...placeOf(session.info), limit, quota_kind: kind, evicted_by: placeOf(by) },
});

const byAge = (left: LiveSession, right: LiveSession): number =>
  left.info.connectedAt - right.info.connectedAt;

const groupByDevice = (sessions: readonly LiveSession[]): LiveSession[][] => {
  const groups = new Map<string, LiveSession[]>();
  for (const session of sessions) {
    const group = groups.get(session.info.deviceId);
    if (group) group.push(session);
    else groups.set(session.info.deviceId, [session]);
  }
  return [...groups.values()];
};

/**
 * Which sessions a newcomer displaces: the one in its own place, then the oldest slots of its device, then the
 * oldest devices of its AID (02 §12.3).
 * @throws RpcFailure -32602 `delivery_mode_conflict`, 4013 `short_connection_capacity_exceeded`
 */
export function admit(index: SessionIndex, info: SessionInfo, limits: AdmissionLimits): Eviction[] {
  const { aid, deviceId, slotKey } = info;
  if (info.kind === 'short') {
    if (index.shortCount(aid, deviceId, slotKey) < limits.shortPerSlot) return [];
    throw new RpcFailure(
      RpcCode.shortConnectionCapacityExceeded,
      `short_connection_capacity_exceeded: at most ${limits.shortPerSlot} short connections per device and slot`,
      { limit: limits.shortPerSlot },
    );
  }
  const previous = index.long(aid, deviceId, slotKey);
  const others = index.admittedOf(aid).filter((session) => session !== previous);
  const conflicting = others.find((session) => session.info.deliveryMode.mode !== info.deliveryMode.mode);
  if (conflicting) {
    throw invalidParams(
      'delivery_mode.mode',
      `delivery_mode_conflict: a live connection of ${aid} uses mode ${conflicting.info.deliveryMode.mode}`,
    );
  }
  const evictions = previous ? [replaced(previous, info)] : [];
  const slots = others.filter((session) => session.info.deviceId === deviceId).toSorted(byAge);
  const slotsTooMany = Math.max(0, slots.length + 1 - limits.longSlotsPerDevice);
  for (const session of slots.slice(0, slotsTooMany)) {
    evictions.push(overQuota(session, info, 'aid_device_slot_quota_exceeded', limits.longSlotsPerDevice));
  }
  const devices = groupByDevice(
    others.filter((session) => session.info.deviceId !== deviceId).toSorted(byAge),
  );
  const devicesTooMany = Math.max(0, devices.length + 1 - limits.longDevicesPerAid);
  for (const session of devices.slice(0, devicesTooMany).flat()) {
    evictions.push(overQuota(session, info, 'aid_devices_quota_exceeded', limits.longDevicesPerAid));
  }
  return evictions;
}
