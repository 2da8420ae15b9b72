import { isJsonObject, type JsonValue, RpcCode } from 'aun-core';
import { payloadKind } from 'aun-e2ee/validate';
import { z } from 'zod';
import type { TokenBuckets } from '../../limits/token-bucket.js';
import { sliceMembers } from '../../rpc/json-slice.js';
import { defineMethod, invalidParams, RpcFailure, type RpcMethod } from '../../rpc/method.js';
import { storedText } from '../../rpc/stored-text.js';
import { aidParam } from './aid-param.js';
import type { MessageDeps } from './deps.js';
import { messageIdParam } from './message-id.js';
import type { QueueMode } from './queue-mode.js';
import { sendEncrypted } from './send-encrypted.js';
import { sendPlain } from './send-plain.js';
import { crossDomain } from './send-result.js';

const grouped = new Intl.NumberFormat('en-US');

/** The payload's JSON text within the limit (04 §1.2 rule 6). */
export function requirePayloadSize(payloadText: string, limit: number): void {
  if (payloadText.length <= limit / 4) return;
  const bytes = Buffer.byteLength(payloadText);
  if (bytes <= limit) return;
  throw invalidParams(
    'payload',
    `invalid_params: payload is ${grouped.format(bytes)} bytes, limit ${grouped.format(limit)}: put large content in storage`,
    { limit, size: bytes },
  );
}

/** `message.send`, plain and encrypted (04 §4, §5). */
export function sendMethod(deps: MessageDeps, queue: QueueMode, sendRate: TokenBuckets): RpcMethod {
  return defineMethod({
    name: 'message.send',
    session: true,
    mutating: true,
    params: z.object({
      to: aidParam,
      payload: z.unknown().optional(),
      message_id: messageIdParam.nullish(),
      type: storedText(128).nullish(),
    }),
    async handler(params, ctx) {
      const { to } = params;
      const payload = params.payload as JsonValue | undefined;
      if (payload === undefined || payload === null)
        throw invalidParams('payload', 'invalid_params: payload is required');
      const texts = sliceMembers(ctx.rawParamsText());
      const payloadText = texts.get('payload') ?? 'null';
      requirePayloadSize(payloadText, deps.limits.payloadMaxBytes);
      const retryAfter = sendRate.take(ctx.session.aid);
      if (retryAfter > 0) {
        throw new RpcFailure(RpcCode.rateLimited, 'rate limited: too many messages', {
          retry_after: retryAfter,
        });
      }
      ctx.setPeer(to);
      if (isJsonObject(payload) && payloadKind(payload) !== 'plain') {
        const result = await sendEncrypted(deps, queue, { to, payload, payloadText }, ctx);
        return { ...result, ...crossDomain(ctx.session.aid, to) };
      }
      const result = await sendPlain(
        deps,
        queue,
        { to, payload, texts, messageId: params.message_id ?? null, type: params.type ?? null },
        ctx,
      );
      return { ...result, ...crossDomain(ctx.session.aid, to) };
    },
  });
}
