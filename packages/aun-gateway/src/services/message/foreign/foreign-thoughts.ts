import { isJsonObject, issuerOf, tryParseJson } from 'aun-core';
import { payloadKind } from 'aun-e2ee/validate';
import { invalidParams } from '../../../rpc/failure.js';
import { sliceElements, sliceMember } from '../../../rpc/json-slice.js';
import { RawJson } from '../../../rpc/raw-json.js';
import { resultBudget } from '../../../session/result-budget.js';
import { requirePayloadSize } from '../send.js';
import { checkOutgoingEnvelope } from './foreign-envelope.js';
import type { ForeignDeps, ForeignHandler } from './foreign-methods.js';

/** A thought lives in the domain of the peer (04 §11, §18). */
export const foreignThoughtPut =
  ({ messages, port }: ForeignDeps): ForeignHandler =>
  (input, ctx, local) => {
    const { payload, to } = input as { readonly to: string; readonly payload?: unknown };
    const issuer = issuerOf(to);
    if (issuer === '') return local();
    if (!port.isForeign(issuer)) {
      port.checkInside(ctx, issuer, true);
      return local();
    }
    if (!isJsonObject(payload) || payloadKind(payload) === 'plain') {
      throw invalidParams(
        'payload',
        'invalid_params: payload must be an e2ee.p2p_encrypted envelope: thoughts are never plaintext',
      );
    }
    requirePayloadSize(sliceMember(ctx.rawParamsText(), 'payload') ?? '', messages.limits.payloadMaxBytes);
    checkOutgoingEnvelope(messages, to, payload, ctx);
    ctx.setPeer(to);
    return port.relay(issuer, ctx);
  };

/** The newest thoughts that fit into the caller's frame; the other domain knows nothing of it. */
const fitted = (text: string, budget: number): string => {
  if (Buffer.byteLength(text) <= budget) return text;
  const { thoughts: _, ...rest } = JSON.parse(text) as Record<string, unknown>;
  const tail = JSON.stringify({ ...rest, truncated: true }).slice(1);
  const items = sliceElements(sliceMember(text, 'thoughts') ?? '[]');
  let used = Buffer.byteLength(tail) + 16;
  let first = items.length;
  while (first > 0) {
    used += Buffer.byteLength(items[first - 1] ?? '') + 1;
    if (used > budget) break;
    first -= 1;
  }
  return `{"thoughts":[${items.slice(first).join(',')}],${tail}`;
};

export const foreignThoughtGet =
  ({ messages, port }: ForeignDeps): ForeignHandler =>
  async (input, ctx, local) => {
    const params = input as {
      readonly sender_aid: string;
      readonly peer_aid?: string | null;
      readonly to?: string | null;
    };
    const named = params.peer_aid ?? params.to ?? null;
    // Only one's own thoughts can be elsewhere: what others put for the caller is here.
    if (named === null || params.sender_aid !== ctx.session.aid || !port.isForeign(issuerOf(named)))
      return local();
    const { text } = await port.relay(issuerOf(named), ctx);
    if (!isJsonObject(tryParseJson(text))) return new RawJson('{"found":false,"thoughts":[]}');
    return new RawJson(fitted(text, resultBudget(messages.index, ctx.session)));
  };
