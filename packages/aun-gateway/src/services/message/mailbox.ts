import type { SessionCallContext } from '../../rpc/method.js';
import type { DeviceRow } from '../../store/device-store.js';
import type { MessageDeps } from './deps.js';

/** The caller's device and its slot's cursor. */
export interface Mailbox {
  readonly device: DeviceRow;
  readonly cursor: number;
}

/** The device of a session is registered at connect; a row that vanished since is made again. */
export function openMailbox(
  deps: MessageDeps,
  { session, now }: Pick<SessionCallContext, 'session' | 'now'>,
): Mailbox {
  const { aid, deviceId, slotKey } = session;
  const device = deps.devices.find(aid, deviceId) ?? deps.devices.touch(aid, deviceId, now());
  return { device, cursor: deps.cursors.get(device.deviceNo, slotKey, device.floorSeq) };
}
