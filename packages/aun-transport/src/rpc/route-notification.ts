import { isJsonObject, type JsonObject, ValidationError } from 'aun-core';

/** Whom a notification is for; nobody: the gateway itself (07 §6.11). */
export interface NotifyTarget {
  readonly to?: string;
  readonly device_id?: string;
  readonly slot_id?: string;
  readonly group_aid?: string;
  readonly group_id?: string;
  /** 0 to 60,000: how long the gateway may try. */
  readonly ttl_ms?: number;
}

export interface RoutedNotification {
  readonly method: string;
  readonly params: JsonObject;
}

const appEvent = /^event\/app\.[A-Za-z0-9_.-]+$/;
const maxTtlMs = 60_000;

/**
 * The notification that carries an application event to an AID or a group, or a `notification/…` as it is (02 §7).
 *
 * @throws {ValidationError} naming the offending option
 */
export function routeNotification(
  method: string,
  params: JsonObject,
  target: NotifyTarget = {},
): RoutedNotification {
  if (!isJsonObject(params)) throw invalid('params', 'must be an object');
  const group = target.group_aid ?? target.group_id;
  checkTarget(target, group);
  if (target.to === undefined && group === undefined) {
    if (!/^notification\/./.test(method))
      throw invalid('method', 'must begin with notification/ when there is no target');
    return { method, params };
  }
  if (!appEvent.test(method))
    throw invalid('method', 'must be event/app.<name> of A-Z, a-z, 0-9, "_", "." and "-"');
  const delivery = {
    deliver: { method, params },
    ...(target.ttl_ms === undefined ? {} : { ttl_ms: target.ttl_ms }),
  };
  if (group !== undefined) {
    const ids = { group_aid: target.group_aid ?? group, group_id: target.group_id ?? group };
    return { method: 'notification/group.route', params: { ...ids, ...delivery } };
  }
  return { method: 'notification/route', params: { target: aidTarget(target), ...delivery } };
}

function aidTarget({ to, device_id, slot_id }: NotifyTarget): JsonObject {
  return {
    type: 'aid',
    aid: to ?? '',
    ...(device_id === undefined ? {} : { device_id }),
    ...(slot_id === undefined ? {} : { slot_id }),
  };
}

function checkTarget({ to, device_id, slot_id, ttl_ms }: NotifyTarget, group: string | undefined): void {
  if (to !== undefined && group !== undefined) throw invalid('to', 'excludes group_aid and group_id');
  if (to === '' || group === '') throw invalid(to === '' ? 'to' : 'group_id', 'must not be empty');
  if (device_id !== undefined && to === undefined) throw invalid('device_id', 'needs "to"');
  if (slot_id !== undefined && device_id === undefined) throw invalid('slot_id', 'needs "device_id"');
  if (ttl_ms !== undefined && !(Number.isInteger(ttl_ms) && ttl_ms >= 0 && ttl_ms <= maxTtlMs)) {
    throw invalid('ttl_ms', `must be an integer from 0 to ${maxTtlMs}`);
  }
}

function invalid(field: string, rule: string): ValidationError {
  return new ValidationError(`${field}: ${rule}`, { data: { field } });
}
