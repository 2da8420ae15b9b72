import { slotIsolationKey } from 'aun-core';
import { invalidParams } from '../../rpc/failure.js';
import type { SessionInfo } from '../../session/session-info.js';

/** Explicit `device_id`/`slot_id` params must name the connection's own instance (04 §1.2 rule 4). */
export function requireOwnInstance(
  params: { readonly device_id?: string | null | undefined; readonly slot_id?: string | null | undefined },
  session: SessionInfo,
): void {
  const { device_id: deviceId, slot_id: slotId } = params;
  if (typeof deviceId === 'string' && deviceId !== session.deviceId) {
    throw invalidParams('device_id', 'invalid_params: device_id is not the device of this connection');
  }
  if (typeof slotId === 'string' && slotId !== '' && slotIsolationKey(slotId) !== session.slotKey) {
    throw invalidParams('slot_id', 'invalid_params: slot_id is not the slot of this connection');
  }
}
