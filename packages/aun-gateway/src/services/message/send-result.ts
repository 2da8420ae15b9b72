import { issuerOf, type JsonObject } from 'aun-core';
import type { StoredBody } from '../../store/body-store.js';
import type { MessageDeps } from './deps.js';

/** `delivered`: at least one live long connection of the recipient is handed a push (04 §4.3). */
export const statusFor = (
  deps: Pick<MessageDeps, 'index'>,
  to: string,
  devices: readonly { readonly deviceId: string }[],
): string =>
  deps.index.longOf(to).some((session) => devices.some(({ deviceId }) => deviceId === session.info.deviceId))
    ? 'delivered'
    : 'sent';

/** Highest seq that the recipient's devices got; plaintext answers carry it (04 §4.3). */
const recipientSeq = (deps: MessageDeps, body: StoredBody): number =>
  Math.max(0, ...deps.inbox.placesOf(body.bodyId).flatMap((place) => (place.outbound ? [] : [place.seq])));

/** The answer to a repeated send: the first result, as far as it is remembered (04 §4.3). */
export function duplicateResult(
  deps: MessageDeps,
  message: {
    readonly from: string;
    readonly to: string;
    readonly messageId: string;
    readonly encrypted: boolean;
  },
  nowMs: number,
): JsonObject {
  const { from, messageId, to } = message;
  const body = deps.bodies.find(from, to, messageId);
  if (body === null || body.kind === 'spent' || body.expiresAt <= nowMs) {
    return { message_id: messageId, timestamp: body?.tServer ?? nowMs, status: 'duplicate' };
  }
  const seq = message.encrypted ? {} : { seq: recipientSeq(deps, body) };
  return {
    message_id: messageId,
    ...seq,
    timestamp: body.tServer,
    status: 'duplicate',
    delivery_mode: 'fanout',
  };
}

/** `cross_domain` and `target_issuer` when caller and recipient belong to different issuers (04 §4.3). */
export const crossDomain = (from: string, to: string): JsonObject =>
  issuerOf(from) === issuerOf(to) ? {} : { cross_domain: true, target_issuer: issuerOf(to) };
