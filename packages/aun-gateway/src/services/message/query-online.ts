import { z } from 'zod';
import { defineMethod, type RpcMethod } from '../../rpc/method.js';
import { resultBudget } from '../../session/result-budget.js';
import type { SessionIndex } from '../../session/session-index.js';
import { normalAid } from './aid-param.js';
import { requireEchoable } from './echoed-list.js';

/** Bytes of `:false,`. */
const ANSWER = 7;

/** Every AID asked for appears in the answer. @throws RpcFailure -32602 */
export const requireAnswerable = (aids: readonly string[], budgetBytes: number): void =>
  requireEchoable('aids', aids, ANSWER, budgetBytes);

/** `message.query_online` (04 §10): true iff a ready long connection exists; unknown and foreign AIDs are false. */
export function queryOnlineMethod(index: SessionIndex): RpcMethod {
  return defineMethod({
    name: 'message.query_online',
    session: true,
    params: z.object({
      aids: z
        .array(z.string('must be a string').max(256, 'is too long'), 'aids must be a non-empty array')
        .min(1, 'aids must be a non-empty array')
        .max(100, 'at most 100 AIDs'),
    }),
    handler({ aids }, { session }) {
      requireAnswerable(aids, resultBudget(index, session));
      return { online: Object.fromEntries(aids.map((aid) => [aid, index.isOnline(normalAid(aid))])) };
    },
  });
}
