import { parseExactAid, RpcCode, splitAid } from 'aun-core';
import { invalidParams, RpcFailure } from '../../rpc/failure.js';
import type { DeviceRow } from '../../store/device-store.js';
import type { MessageDeps } from './deps.js';

/** A well-formed AID that may get messages, wherever it lives. @throws RpcFailure -32602 */
export function requireAgent(aid: string, field: string): void {
  const parsed = parseExactAid(aid);
  if (!parsed.ok) throw invalidParams(field, `invalid_params: ${field}: ${parsed.error.message}`);
  if (splitAid(aid).name === 'group')
    throw invalidParams(field, `invalid_params: ${field}: use group.send for a group`);
}

/** A well-formed AID that is registered here. @throws RpcFailure -32602, -32008 */
export function requireRecipient(deps: Pick<MessageDeps, 'directory'>, aid: string, field: string): void {
  requireAgent(aid, field);
  if (!deps.directory.exists(aid)) {
    throw new RpcFailure(RpcCode.notFound, `not_found: AID ${aid} does not exist`, { field });
  }
}

/** Active devices of a recipient. @throws RpcFailure -33011 when it never connected */
export function requireDevices(deps: Pick<MessageDeps, 'active'>, aid: string, nowMs: number): DeviceRow[] {
  const devices = deps.active(aid, nowMs);
  if (devices.length === 0) {
    throw new RpcFailure(RpcCode.deviceNotFound, `device_not_found: ${aid} has no registered devices`, {
      aid,
    });
  }
  return devices;
}

/**
 * Room in the inboxes of a recipient: unacked rows are never dropped for new ones, the sender has to wait (04 §20).
 * @throws RpcFailure -32029 when one is full, or full of this sender's messages
 */
export function requireRoom(deps: MessageDeps, devices: readonly DeviceRow[], sender: string): void {
  for (const device of devices) requireRoomIn(deps, device, sender);
}

function requireRoomIn(deps: MessageDeps, { deviceNo, floorSeq, headSeq }: DeviceRow, sender: string): void {
  const { inboxMaxUnacked, offlinePerSender } = deps.limits;
  const lowestLimit = offlinePerSender > 0 ? Math.min(inboxMaxUnacked, offlinePerSender) : inboxMaxUnacked;
  if (headSeq - floorSeq < lowestLimit) return;
  const acked = Math.max(floorSeq, deps.cursors.highest(deviceNo));
  // A head that was raised (04 §13.1) leaves numbers without rows: only rows fill an inbox.
  const waiting = headSeq - acked < lowestLimit ? 0 : deps.inbox.count(deviceNo, acked, headSeq);
  if (waiting >= inboxMaxUnacked)
    throw full(`recipient inbox full (${inboxMaxUnacked} messages wait)`, inboxMaxUnacked);
  if (offlinePerSender === 0 || waiting < offlinePerSender) return;
  if (deps.inbox.countFrom(deviceNo, acked, sender, offlinePerSender) < offlinePerSender) return;
  throw full(`${offlinePerSender} of your messages wait for this recipient`, offlinePerSender);
}

const full = (what: string, limit: number): RpcFailure =>
  new RpcFailure(RpcCode.rateLimited, `rate limited: ${what}`, { retry_after: 60, limit });
