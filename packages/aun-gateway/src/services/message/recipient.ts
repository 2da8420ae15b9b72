import { parseExactAid, RpcCode, splitAid } from 'aun-core';
import { invalidParams, RpcFailure } from '../../rpc/failure.js';
import type { DeviceRow } from '../../store/device-store.js';
import type { MessageDeps } from './deps.js';

/** A well-formed AID that is registered here. @throws RpcFailure -32602, -32008 */
export function requireRecipient(deps: Pick<MessageDeps, 'directory'>, aid: string, field: string): void {
  const parsed = parseExactAid(aid);
  if (!parsed.ok) throw invalidParams(field, `${field}: ${parsed.error.message}`);
  if (splitAid(aid).name === 'group') throw invalidParams(field, `${field}: use group.send for a group`);
  if (!deps.directory.exists(aid)) {
    throw new RpcFailure(RpcCode.notFound, `not_found: AID ${aid} does not exist`, { field });
  }
}

/** Active devices of a recipient. @throws RpcFailure -33011 when it never connected, -32029 when an inbox is full */
export function requireDevices(deps: MessageDeps, aid: string, nowMs: number): DeviceRow[] {
  const devices = deps.active(aid, nowMs);
  if (devices.length === 0) {
    throw new RpcFailure(RpcCode.deviceNotFound, `device_not_found: ${aid} has no registered devices`, {
      aid,
    });
  }
  for (const { deviceNo, floorSeq, headSeq } of devices) {
    const limit = deps.limits.inboxMaxUnacked;
    if (headSeq - floorSeq < limit || headSeq - Math.max(floorSeq, deps.cursors.highest(deviceNo)) < limit)
      continue;
    throw new RpcFailure(RpcCode.rateLimited, `rate limited: recipient inbox full (${limit} messages wait)`, {
      retry_after: 60,
      limit,
    });
  }
  return devices;
}
