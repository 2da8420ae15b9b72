import type { JsonObject } from 'aun-core';
import { uuidV4 } from 'aun-crypto';
import { z } from 'zod';
import { defineMethod, type RpcMethod } from '../../rpc/method.js';
import { resultBudget } from '../../session/result-budget.js';
import type { SessionInfo } from '../../session/session-info.js';
import type { NewBody, StoredBody } from '../../store/body-store.js';
import { type DeliveryOutcome, type DeliveryTarget, inboxRowOf, placeMessage } from './deliver.js';
import type { MessageDeps } from './deps.js';
import { requireEchoable } from './echoed-list.js';
import { isMessageId } from './message-id.js';

type Refusal = 'not_found' | 'not_sender' | 'already_recalled' | 'expired';

interface Notice {
  readonly body: NewBody;
  readonly outcome: DeliveryOutcome;
}

interface Recalled {
  readonly count: number;
  readonly errors: readonly { readonly message_id: string; readonly error: Refusal }[];
  readonly notices: readonly Notice[];
}

/** Payload of both tombstones, without the seqs: those differ by device (04 §9). */
const tombstone = (messageIds: readonly string[], by: string, nowMs: number): string =>
  JSON.stringify({
    type: 'message.recalled',
    kind: 'message.recalled',
    message_ids: messageIds,
    recalled_by: by,
    recalled_at: nowMs,
    reason: '',
  });

/** Bytes of `{"message_id":,"error":"already_recalled"},`. */
const ERROR = 44;

/** Each id may have to be named with its error. @throws RpcFailure -32602 */
export const requireErrorsFit = (messageIds: readonly string[], budgetBytes: number): void =>
  requireEchoable('message_ids', messageIds, ERROR, budgetBytes);

/** Ids of one notice, so that it is never too large for a client: a stub in its place would undo the recall. */
const NOTICE_BYTES = 16_000;

function inNotices<T>(recalled: readonly (readonly [string, T])[]): (readonly [string, T])[][] {
  const notices: (readonly [string, T])[][] = [[]];
  let used = 0;
  for (const one of recalled) {
    const bytes = Buffer.byteLength(one[0]) + 3;
    if (used > 0 && used + bytes > NOTICE_BYTES) {
      notices.push([]);
      used = 0;
    }
    used += bytes;
    notices.at(-1)?.push(one);
  }
  return notices;
}

/** `message.recall` (04 §9): originals become placeholders, every device gets a notice under its next seq. */
export function recallMethod(deps: MessageDeps): RpcMethod {
  const judge = (sender: string, messageId: string, now: number): readonly StoredBody[] | Refusal => {
    if (!isMessageId(messageId)) return 'not_found';
    const bodies = deps.bodies
      .sentBy(sender, messageId)
      .filter((body) => body.expiresAt > now && body.kind !== 'spent')
      .filter((body) => body.kind !== 'recall' || body.recalledAt !== null);
    if (bodies.length === 0) {
      return deps.bodies.existsFromOthers(sender, messageId) ? 'not_sender' : 'not_found';
    }
    const open = bodies.filter((body) => body.recalledAt === null);
    if (open.length === 0) return 'already_recalled';
    const { recallWindowMs } = deps.limits;
    const fresh = open.filter((body) => recallWindowMs === 0 || now - body.tServer <= recallWindowMs);
    return fresh.length === 0 ? 'expired' : fresh;
  };

  /** Devices that had one of the bodies, with the seqs they had them under. */
  const reached = (bodies: readonly StoredBody[]) => {
    const places = new Map<number, { seqs: number[]; outbound: boolean }>();
    for (const body of bodies) {
      for (const { deviceNo, outbound, seq } of deps.inbox.placesOf(body.bodyId)) {
        const place = places.get(deviceNo) ?? { seqs: [], outbound };
        place.seqs.push(seq);
        places.set(deviceNo, place);
      }
    }
    return places;
  };

  const notify = (
    session: SessionInfo,
    to: string,
    recalled: readonly (readonly [string, StoredBody])[],
    now: number,
  ): Notice => {
    const content = tombstone(
      recalled.map(([messageId]) => messageId),
      session.aid,
      now,
    );
    const targets: DeliveryTarget[] = [];
    for (const [deviceNo, { outbound, seqs }] of reached(recalled.map(([, body]) => body))) {
      const owner = deps.devices.byNumber(deviceNo);
      if (!owner) continue;
      const wrap = `"target_message_seqs":${JSON.stringify(seqs.toSorted((a, b) => a - b))}`;
      targets.push({ ownerAid: owner.ownerAid, device: owner, outbound, wrap });
    }
    const body: NewBody = {
      messageId: `rc-${uuidV4(deps.random)}`,
      fromAid: session.aid,
      toAid: to,
      kind: 'recall',
      type: 'message.recalled',
      tServer: now,
      expiresAt: now + deps.limits.fanoutTtlMs,
      senderDevice: session.deviceId,
      senderIp: session.remoteAddress,
      content,
    };
    return { body, outcome: placeMessage(deps, body, targets) };
  };

  const recallAll = (session: SessionInfo, messageIds: readonly string[], now: number): Recalled => {
    const errors: { message_id: string; error: Refusal }[] = [];
    const byRecipient = new Map<string, [string, StoredBody][]>();
    let count = 0;
    for (const messageId of new Set(messageIds)) {
      const verdict = judge(session.aid, messageId, now);
      if (typeof verdict === 'string') {
        errors.push({ message_id: messageId, error: verdict });
        continue;
      }
      count += 1;
      for (const body of verdict) {
        const known = byRecipient.get(body.toAid);
        if (known) known.push([messageId, body]);
        else byRecipient.set(body.toAid, [[messageId, body]]);
      }
    }
    const notices: Notice[] = [];
    for (const [to, recalled] of byRecipient) {
      for (const [messageId, body] of recalled) {
        deps.bodies.recall(body.bodyId, tombstone([messageId], session.aid, now), now);
      }
      for (const part of inNotices(recalled)) notices.push(notify(session, to, part, now));
    }
    return { count, errors, notices };
  };

  return defineMethod({
    name: 'message.recall',
    session: true,
    mutating: true,
    params: z.object({
      message_ids: z
        .array(z.string('must be a string'), 'must be an array of strings')
        .min(1, 'must name 1 to 100 messages')
        .max(100, 'must name 1 to 100 messages'),
    }),
    async handler(params, ctx): Promise<JsonObject> {
      const { session, trace } = ctx;
      requireErrorsFit(params.message_ids, resultBudget(deps.index, session));
      const now = ctx.now();
      const { count, errors } = await deps.commit.run(
        () => recallAll(session, params.message_ids, now),
        ({ notices }) => {
          for (const { body, outcome } of notices) {
            if (outcome.kind === 'duplicate') continue;
            for (const { seq, target } of outcome.placed) {
              const { deviceId, deviceNo } = target.device;
              const row = inboxRowOf(body, target, seq);
              deps.push.push({ ownerAid: target.ownerAid, deviceId, deviceNo, row, trace: trace.forEvents });
            }
          }
        },
      );
      return {
        success: true,
        accepted: params.message_ids.length,
        recalled: count,
        errors: errors.length === 0 ? null : errors,
      };
    },
  });
}
