import type { SessionInfo } from '../../session/session-info.js';
import type { MessageDeps } from './deps.js';
import type { Mailbox } from './mailbox.js';

/** A head is never moved further than this by a client's claim (04 §13.1). */
const MAX_JUMP = 1_000_000_000;

/**
 * A client whose tracker is ahead of the head (a restored server, a copied key directory): with unacked rows it gets
 * one hint at the lowest of them and moves back; without any, the head moves up so that the next message is not taken
 * for a stale one (04 §13.1).
 */
export function healAhead(deps: MessageDeps, session: SessionInfo, mailbox: Mailbox, claimed: number): void {
  const { device, cursor } = mailbox;
  if (claimed <= device.headSeq) return;
  const lowest = deps.inbox.scan(device.deviceNo, Math.max(cursor, device.floorSeq), 1)[0];
  if (!lowest) {
    if (claimed - device.headSeq <= MAX_JUMP) deps.devices.raiseHead(device.deviceNo, claimed);
    return;
  }
  const live = deps.index.byConnection(session.connectionId);
  const row = deps.inbox.read(device.deviceNo, lowest.seq - 1, lowest.seq)[0];
  if (live && row) deps.push.moveBack(live, row.seq, row.messageId, row.fromAid);
}
