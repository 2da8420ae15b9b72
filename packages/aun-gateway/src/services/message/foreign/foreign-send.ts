import { isJsonObject, issuerOf, type JsonValue, RpcCode } from 'aun-core';
import { payloadKind } from 'aun-e2ee/validate';
import { messageIdOfRelay } from '../../../federation/port.js';
import { invalidParams, RpcFailure } from '../../../rpc/failure.js';
import { sliceMember } from '../../../rpc/json-slice.js';
import type { SessionCallContext } from '../../../rpc/method.js';
import { plainType } from '../plain-content.js';
import { requireAgent } from '../recipient.js';
import { requirePayloadSize } from '../send.js';
import { checkOutgoingEnvelope } from './foreign-envelope.js';
import type { ForeignDeps, ForeignHandler } from './foreign-methods.js';
import { noOwnCopies, type OwnCopies, ownCopies } from './own-copies.js';

interface SendParams {
  readonly to: string;
  readonly payload?: unknown;
  readonly message_id?: string | null;
  readonly type?: string | null;
}

interface Checked {
  /** Null: the relay names it. */
  readonly messageId: string | null;
  readonly copies: OwnCopies;
}

/** `message.send` to another domain: checked here, delivered there, kept while that domain is down (04 §18). */
export const foreignSend = ({ messages, port, sendRate }: ForeignDeps): ForeignHandler => {
  const check = (params: SendParams, ctx: SessionCallContext): Checked => {
    const { to } = params;
    const payload = params.payload as JsonValue | undefined;
    if (payload === undefined || payload === null)
      throw invalidParams('payload', 'invalid_params: payload is required');
    const payloadText = sliceMember(ctx.rawParamsText(), 'payload') ?? 'null';
    requirePayloadSize(payloadText, messages.limits.payloadMaxBytes);
    if (isJsonObject(payload) && payloadKind(payload) !== 'plain') {
      const { messageId, targets } = checkOutgoingEnvelope(messages, to, payload, ctx);
      return { messageId, copies: ownCopies(messages, { to, messageId, payloadText, targets }, ctx) };
    }
    requireAgent(to, 'to');
    plainType(params.type, payload);
    return { messageId: params.message_id ?? null, copies: noOwnCopies };
  };

  return async (input, ctx, local) => {
    const params = input as SendParams;
    const issuer = issuerOf(params.to);
    if (issuer === '') return local();
    if (!port.isForeign(issuer)) {
      port.checkInside(ctx, issuer, true);
      return local();
    }
    const { copies, messageId: given } = check(params, ctx);
    const retryAfter = sendRate.take(ctx.session.aid);
    if (retryAfter > 0) {
      throw new RpcFailure(RpcCode.rateLimited, 'rate limited: too many messages', {
        retry_after: retryAfter,
      });
    }
    ctx.setPeer(params.to);
    const relayId = port.newRelayId();
    const messageId = given ?? messageIdOfRelay(relayId);
    const now = ctx.now();
    const expiresAt = now + messages.limits.fanoutTtlMs;
    const write = (): void => {
      port.noteSent(ctx.session.aid, messageId, params.to, expiresAt);
      copies.write();
    };
    const sent = await port.send({ to: params.to, messageId, relayId, expiresAt, alsoWrite: write }, ctx);
    if (sent.kind === 'answered') {
      await messages.commit.run(write);
      copies.push();
      return sent.result;
    }
    if (!sent.duplicate) copies.push();
    return {
      message_id: messageId,
      timestamp: now,
      status: sent.duplicate ? 'duplicate' : 'sent',
      delivery_mode: 'fanout',
      cross_domain: true,
      target_issuer: issuer,
    };
  };
};
