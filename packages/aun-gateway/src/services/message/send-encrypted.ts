import type { JsonObject } from 'aun-core';
import type { SessionCallContext } from '../../rpc/method.js';
import type { NewBody } from '../../store/body-store.js';
import { deliver } from './deliver.js';
import type { MessageDeps } from './deps.js';
import { checkEnvelope, envelopeContent } from './envelope-check.js';
import { originOf } from './origin.js';
import type { QueueMode } from './queue-mode.js';
import { requireRoom } from './recipient.js';
import { duplicateResult, statusFor } from './send-result.js';

export interface EncryptedSend {
  readonly to: string;
  readonly payload: unknown;
  readonly payloadText: string;
}

/** The sender's agent.md version as envelopes carry it (04 §5.4). */
export const senderAgentMd = (deps: MessageDeps, aid: string): JsonObject | null => {
  const version = deps.agentMd.version(aid);
  return version && { sender: { aid, etag: version.etag, last_modified: version.lastModified } };
};

/** `message.send` with a V2 envelope (04 §5). The answer never carries `seq`: Go would take it for one of its own. */
export async function sendEncrypted(
  deps: MessageDeps,
  queue: QueueMode,
  send: EncryptedSend,
  ctx: SessionCallContext,
): Promise<JsonObject> {
  const { session } = ctx;
  const { to } = send;
  const { messageId, peerDevices, targets } = checkEnvelope(deps, to, send.payload, ctx);
  const now = ctx.now();
  const body: NewBody = {
    messageId,
    fromAid: session.aid,
    toAid: to,
    kind: 'v2',
    type: 'e2ee.p2p_encrypted',
    tServer: now,
    expiresAt: now + deps.limits.fanoutTtlMs,
    ...originOf(session, to),
    content: envelopeContent(send.payloadText, now, senderAgentMd(deps, session.aid)),
  };
  if (queue.applies(to)) {
    const peers = targets.filter((target) => target.ownerAid === to && !target.outbound);
    const queued = await queue.deliver(body, peers, ctx.trace.forEvents);
    if (queued?.kind === 'known') {
      return duplicateResult(deps, { from: session.aid, to, messageId, encrypted: true }, now);
    }
    if (queued !== null) {
      const { acceptedAt: timestamp, status } = queued;
      return { message_id: messageId, timestamp, status, delivery_mode: 'queue' };
    }
  }
  requireRoom(deps, peerDevices, session.aid);
  const status = statusFor(deps, to, peerDevices);
  const outcome = await deliver(deps, body, targets, ctx.trace.forEvents);
  if (outcome.kind === 'duplicate') {
    return duplicateResult(deps, { from: session.aid, to, messageId, encrypted: true }, now);
  }
  return { message_id: messageId, timestamp: now, status, delivery_mode: 'fanout' };
}
