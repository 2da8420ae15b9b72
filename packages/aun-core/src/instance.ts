import { ValidationError } from './errors.js';

/** Slot of a connection that names none (01 §1.3). */
export const DEFAULT_SLOT_ID = 'default';

const deviceIdPattern = /^[A-Za-z0-9._-]{1,128}$/;
const slotIdPattern = /^[A-Za-z0-9._-][A-Za-z0-9._/ :-]{0,127}$/;

/** True for a device id: 1 to 128 of `[A-Za-z0-9._-]` (01 §1.3). */
export function isDeviceId(text: unknown): text is string {
  return typeof text === 'string' && deviceIdPattern.test(text);
}

/** True for a slot id: 1 to 128 of `[A-Za-z0-9._/ :-]`, not beginning with a separator (01 §1.3). */
export function isSlotId(text: unknown): text is string {
  return typeof text === 'string' && slotIdPattern.test(text);
}

/** @throws {ValidationError} naming `paramName` */
export function validateDeviceId(deviceId: unknown, paramName = 'device_id'): string {
  if (isDeviceId(deviceId)) return deviceId;
  throw new ValidationError(`${paramName}: must be 1 to 128 of A-Z, a-z, 0-9, ".", "_" and "-"`, {
    data: { field: paramName },
  });
}

/**
 * Empty or missing becomes `default`; nothing is trimmed.
 *
 * @throws {ValidationError} naming `paramName`
 */
export function validateSlotId(slotId: unknown, paramName = 'slot_id'): string {
  if (slotId === undefined || slotId === null || slotId === '') return DEFAULT_SLOT_ID;
  if (isSlotId(slotId)) return slotId;
  throw new ValidationError(
    `${paramName}: must be 1 to 128 of A-Z, a-z, 0-9, ".", "_", "-", "/", ":" and space, not beginning with a separator`,
    { data: { field: paramName } },
  );
}

/**
 * The part of a slot id before the first `/`, `:` or space. Slots with one key are one consumer: they share tokens
 * and cursors, and only one of them holds a long connection (02 §12.1).
 */
export function slotIsolationKey(slotId: string): string {
  const end = slotId.search(/[/: ]/);
  return end < 0 ? slotId : slotId.slice(0, end);
}
