import type { SessionCallContext } from '../../../rpc/method.js';
import type { NewBody } from '../../../store/body-store.js';
import { type DeliveryTarget, inboxRowOf, type PlacedRow, placeMessage } from '../deliver.js';
import type { MessageDeps } from '../deps.js';
import { envelopeContent } from '../envelope-check.js';
import { senderAgentMd } from '../send-encrypted.js';

/** Copies of a message to another domain for devices in ours: the sender's others, and auditors (04 §18). */
export interface OwnCopies {
  /** Inside a transaction. */
  write(): void;
  /** After it. */
  push(): void;
}

export const noOwnCopies: OwnCopies = { write() {}, push() {} };

export const ownCopies = (
  deps: MessageDeps,
  message: {
    readonly to: string;
    readonly messageId: string;
    readonly payloadText: string;
    readonly targets: readonly DeliveryTarget[];
  },
  ctx: SessionCallContext,
): OwnCopies => {
  if (message.targets.length === 0) return noOwnCopies;
  const { aid, deviceId, remoteAddress } = ctx.session;
  const now = ctx.now();
  const body: NewBody = {
    messageId: message.messageId,
    fromAid: aid,
    toAid: message.to,
    kind: 'v2',
    type: 'e2ee.p2p_encrypted',
    tServer: now,
    expiresAt: now + deps.limits.fanoutTtlMs,
    senderDevice: deviceId,
    senderIp: remoteAddress,
    content: envelopeContent(message.payloadText, now, senderAgentMd(deps, aid)),
  };
  let placed: readonly PlacedRow[] = [];
  return {
    write() {
      const outcome = placeMessage(deps, body, message.targets);
      placed = outcome.kind === 'stored' ? outcome.placed : [];
    },
    push() {
      for (const { seq, target } of placed) {
        const { device, ownerAid } = target;
        const row = inboxRowOf(body, target, seq);
        const { deviceId: id, deviceNo } = device;
        deps.push.push({ ownerAid, deviceId: id, deviceNo, row, trace: ctx.trace.forEvents });
      }
    },
  };
};
