import { issuerOf } from 'aun-core';
import { E2eeRpcCode, validateP2PEnvelope } from 'aun-e2ee/validate';
import { RpcFailure } from '../../../rpc/failure.js';
import type { SessionCallContext } from '../../../rpc/method.js';
import { accepted } from '../accepted.js';
import type { DeliveryTarget } from '../deliver.js';
import type { MessageDeps } from '../deps.js';
import { envelopeTargets } from '../envelope-targets.js';
import { requireAgent } from '../recipient.js';
import { auditAidsFor } from './audit-rows.js';

/** An envelope for another domain, and the copies of it that stay in ours. */
export interface OutgoingEnvelope {
  readonly messageId: string;
  readonly targets: readonly DeliveryTarget[];
}

/**
 * Checks 1-7 of 04 §5.2, and that our own auditors are covered; the recipient's domain does the rest (04 §18).
 * @throws RpcFailure
 */
export const checkOutgoingEnvelope = (
  deps: MessageDeps,
  to: string,
  payload: unknown,
  ctx: SessionCallContext,
): OutgoingEnvelope => {
  const { auditAids, sendSkewAheadMs: futureMs, sendSkewBehindMs: pastMs } = deps.limits;
  const { aid: callerAid, deviceId } = ctx.session;
  const now = ctx.now();
  const { messageId, rows, tree } = accepted(
    validateP2PEnvelope(payload, {
      callerAid,
      deviceId,
      to,
      now,
      window: { futureMs, pastMs },
      auditAids: auditAidsFor(auditAids, payload, issuerOf(to)),
    }),
  );
  requireAgent(to, 'to');
  const audited = new Set(rows.filter(([, , role]) => role === 'audit').map(([aid]) => aid));
  const missing = auditAids.find((aid) => !audited.has(aid));
  if (missing !== undefined) {
    throw new RpcFailure(
      E2eeRpcCode.recipientMismatch,
      `recipient_mismatch: the audit AID ${missing} is not covered`,
      { field: 'payload.recipients' },
    );
  }
  const ignored = new Set(
    rows.flatMap(([aid, , role], index) => (role === 'peer' || !deps.directory.exists(aid) ? [index] : [])),
  );
  const devicesOf = (aid: string) => deps.active(aid, now);
  return { messageId, targets: envelopeTargets({ rows, tree, ignored, senderDevice: deviceId, devicesOf }) };
};
