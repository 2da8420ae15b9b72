import {
  isDeviceId,
  isSlotId,
  type JsonObject,
  ValidationError,
  validateAIDFormat,
  validateGroupAIDFormat,
} from 'aun-core';
import { type NotifyTarget, type RoutedNotification, routeNotification } from 'aun-transport';
import { type BothSpellings, snakeKeys } from '../connection/spellings.js';

/** Addressing of `notify` (07 §6.11); camelCase keys are accepted too. */
export type NotifyOptions = BothSpellings<NotifyTarget>;

const checkInstance = (target: NotifyTarget): void => {
  if (target.device_id !== undefined && !isDeviceId(target.device_id)) {
    throw new ValidationError('device_id: is malformed', { data: { field: 'device_id' } });
  }
  if (target.slot_id !== undefined && !isSlotId(target.slot_id)) {
    throw new ValidationError('slot_id: is malformed', { data: { field: 'slot_id' } });
  }
};

/**
 * The frame of a `notify` call (07 §6.11, 02 §7).
 * @throws {ValidationError} before anything is written
 */
export const buildNotification = (
  method: string,
  params: JsonObject,
  options: NotifyOptions,
  localIssuer: string,
): RoutedNotification => {
  const target = snakeKeys(options as Record<string, unknown>) as NotifyTarget;
  const named = target.group_aid ?? target.group_id;
  const group = named === undefined ? undefined : validateGroupAIDFormat(named, 'group_aid', { localIssuer });
  checkInstance(target);
  return routeNotification(method, params, {
    ...target,
    ...(target.to === undefined ? {} : { to: validateAIDFormat(target.to, 'to') }),
    ...(group === undefined ? {} : { group_aid: group, group_id: group }),
  });
};
