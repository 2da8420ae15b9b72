import { isJsonObject, type JsonObject, type JsonValue, RpcCode } from 'aun-core';
import { payloadKind } from 'aun-e2ee/validate';
import { z } from 'zod';
import { sliceMember } from '../../rpc/json-slice.js';
import { defineMethod, invalidParams, RpcFailure, type RpcMethod } from '../../rpc/method.js';
import { RawJson } from '../../rpc/raw-json.js';
import { resultBudget } from '../../session/result-budget.js';
import { aidParam } from './aid-param.js';
import type { MessageDeps } from './deps.js';
import { checkEnvelope } from './envelope-check.js';
import { messageIdParam } from './message-id.js';
import { requirePayloadSize } from './send.js';
import { crossDomain } from './send-result.js';
import type { Thought, ThoughtStore } from './thought-store.js';

const name = z
  .string('must be a string')
  .min(1, 'must not be empty')
  .max(128, 'must have at most 128 characters');
const contextParam = z.object({ type: name, id: name }, 'must be an object with type and id');

/** `message.thought.put` and `message.thought.get` (04 §11). */
export function thoughtMethods(deps: MessageDeps, store: ThoughtStore): RpcMethod[] {
  const put = defineMethod({
    name: 'message.thought.put',
    session: true,
    mutating: true,
    params: z.object({
      to: aidParam,
      context: contextParam,
      payload: z.unknown().optional(),
      thought_id: messageIdParam.nullish(),
    }),
    handler(params, ctx) {
      const { context, to } = params;
      const payload = params.payload as JsonValue | undefined;
      if (!isJsonObject(payload) || payloadKind(payload) === 'plain') {
        throw invalidParams(
          'payload',
          'invalid_params: payload must be an e2ee.p2p_encrypted envelope: thoughts are never plaintext',
        );
      }
      const payloadText = sliceMember(ctx.rawParamsText(), 'payload') ?? '';
      requirePayloadSize(payloadText, deps.limits.payloadMaxBytes);
      const { messageId } = checkEnvelope(deps, to, payload, ctx);
      const now = ctx.now();
      const thoughtId = params.thought_id ?? messageId;
      const key = { sender: ctx.session.aid, peer: to, contextType: context.type, contextId: context.id };
      const storedCount = store.put(key, { thoughtId, payloadText, createdAt: now });
      ctx.setPeer(to);
      return {
        sender_aid: ctx.session.aid,
        peer_aid: to,
        to,
        context: { type: context.type, id: context.id },
        thought_id: thoughtId,
        stored_count: storedCount,
        updated_at: now,
        ...crossDomain(ctx.session.aid, to),
      };
    },
  });

  const itemText = (thought: Thought, sender: string, peer: string, context: JsonObject): string => {
    const id = JSON.stringify(thought.thoughtId);
    const ends = `"from":${JSON.stringify(sender)},"to":${JSON.stringify(peer)}`;
    return (
      `{"thought_id":${id},"message_id":${id},${ends},"context":${JSON.stringify(context)},` +
      `"payload":${thought.payloadText},"created_at":${thought.createdAt}}`
    );
  };

  /** Newest items first into the budget, then back into the order of puts: the oldest are the ones left out. */
  const withinBudget = (items: readonly string[], budget: number): readonly string[] => {
    let used = 0;
    let first = items.length;
    for (let at = items.length - 1; at >= 0; at -= 1) {
      used += Buffer.byteLength(items[at] ?? '') + 1;
      if (used > budget) break;
      first = at;
    }
    return items.slice(first);
  };

  const get = defineMethod({
    name: 'message.thought.get',
    session: true,
    params: z.object({
      sender_aid: aidParam,
      context: contextParam,
      peer_aid: aidParam.nullish(),
      to: aidParam.nullish(),
    }),
    handler(params, ctx) {
      const sender = params.sender_aid;
      const caller = ctx.session.aid;
      const named = params.peer_aid ?? params.to ?? null;
      if (sender === caller && named === null) {
        throw invalidParams('peer_aid', 'invalid_params: peer_aid is required for own thoughts');
      }
      if (sender !== caller && named !== null && named !== caller) {
        throw new RpcFailure(
          RpcCode.permissionDenied,
          'permission_denied: thoughts of other pairs are not readable',
        );
      }
      ctx.setPeer(sender === caller ? (named ?? caller) : sender);
      const peer = named ?? caller;
      const context = { type: params.context.type, id: params.context.id };
      const head = store.get({ sender, peer, contextType: context.type, contextId: context.id }, ctx.now());
      const ends = { sender_aid: sender, peer_aid: peer, context };
      if (head === null) return { found: false, ...ends, thoughts: [], updated_at: null };
      const budget = resultBudget(deps.index, ctx.session);
      const items = head.thoughts.map((thought) => itemText(thought, sender, peer, context));
      const shown = withinBudget(items, budget);
      const rest = {
        ...ends,
        updated_at: head.updatedAt,
        ...(shown.length < items.length ? { truncated: true } : {}),
      };
      return new RawJson(`{"found":true,"thoughts":[${shown.join(',')}],${JSON.stringify(rest).slice(1)}`);
    },
  });

  return [put, get];
}
