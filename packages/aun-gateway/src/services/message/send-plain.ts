import type { JsonObject } from 'aun-core';
import { uuidV4 } from 'aun-crypto';
import { messageIdOfRelay } from '../../federation/port.js';
import type { SessionCallContext } from '../../rpc/method.js';
import type { SessionInfo } from '../../session/session-info.js';
import type { NewBody } from '../../store/body-store.js';
import { deliver } from './deliver.js';
import type { MessageDeps } from './deps.js';
import { originOf } from './origin.js';
import { type PlainParams, plainContent, plainType } from './plain-content.js';
import type { QueueMode } from './queue-mode.js';
import { requireDevices, requireRecipient, requireRoom } from './recipient.js';
import { duplicateResult, statusFor } from './send-result.js';

export interface PlainSend extends PlainParams {
  readonly to: string;
  readonly messageId: string | null;
  readonly type: string | null;
}

/** Every attempt to relay one message gets the same id, which its own gateway knows too. */
const freshMessageId = (deps: MessageDeps, { federation }: SessionInfo): string =>
  federation === undefined ? uuidV4(deps.random) : messageIdOfRelay(federation.relayId);

/** Plaintext `message.send` (04 §4). */
export async function sendPlain(
  deps: MessageDeps,
  queue: QueueMode,
  send: PlainSend,
  ctx: SessionCallContext,
): Promise<JsonObject> {
  const { session } = ctx;
  const { to } = send;
  requireRecipient(deps, to, 'to');
  const now = ctx.now();
  const type = plainType(send.type, send.payload);
  const devices = requireDevices(deps, to, now);
  const body: NewBody = {
    messageId: send.messageId ?? freshMessageId(deps, session),
    fromAid: session.aid,
    toAid: to,
    kind: 'plain',
    type,
    tServer: now,
    expiresAt: now + deps.limits.fanoutTtlMs,
    ...originOf(session, to),
    content: plainContent(send, session, to, now),
  };
  const targets = devices.map((device) => ({ ownerAid: to, device, outbound: false, wrap: '' }));
  const { messageId } = body;
  if (queue.applies(to)) {
    const queued = await queue.deliver(body, targets, ctx.trace.forEvents);
    if (queued?.kind === 'known') {
      return duplicateResult(deps, { from: session.aid, to, messageId, encrypted: false }, now);
    }
    if (queued !== null) {
      const { acceptedAt: timestamp, seq, status } = queued;
      return { message_id: messageId, seq, timestamp, status, delivery_mode: 'queue' };
    }
  }
  requireRoom(deps, devices, session.aid);
  const status = statusFor(deps, to, devices);
  const outcome = await deliver(deps, body, targets, ctx.trace.forEvents);
  if (outcome.kind === 'duplicate') {
    return duplicateResult(deps, { from: session.aid, to, messageId, encrypted: false }, now);
  }
  const seq = Math.max(...outcome.placed.map((row) => row.seq));
  return { message_id: messageId, seq, timestamp: now, status, delivery_mode: 'fanout' };
}
