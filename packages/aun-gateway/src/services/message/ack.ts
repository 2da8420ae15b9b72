import { z } from 'zod';
import { defineMethod, type RpcMethod, type SessionCallContext } from '../../rpc/method.js';
import type { MessageDeps } from './deps.js';
import { healAhead } from './healing.js';
import { requireOwnInstance } from './instance-params.js';
import { openMailbox } from './mailbox.js';

const seq = z.int('must be an integer').nonnegative('must not be negative');

/** `message.v2.ack` and the raw `message.ack`: a cursor that only moves up (04 §8). */
export function ackMethods(deps: MessageDeps): RpcMethod[] {
  const ack = (
    upTo: number,
    ctx: SessionCallContext,
  ): { readonly ackSeq: number; readonly acked: number } => {
    const mailbox = openMailbox(deps, ctx);
    const { deviceNo, floorSeq, headSeq } = mailbox.device;
    if (upTo > headSeq) {
      // Clamping to the head would ack rows the client has never seen.
      ctx.afterReply(() => healAhead(deps, ctx.session, mailbox, upTo));
      return { ackSeq: mailbox.cursor, acked: 0 };
    }
    const ackSeq = deps.cursors.raise(deviceNo, ctx.session.slotKey, floorSeq, upTo);
    return {
      ackSeq,
      acked: ackSeq > mailbox.cursor ? deps.inbox.count(deviceNo, mailbox.cursor, ackSeq) : 0,
    };
  };

  return [
    defineMethod({
      name: 'message.v2.ack',
      session: true,
      trustsConnection: true,
      params: z.object({ up_to_seq: seq }),
      handler(params, ctx) {
        const { ackSeq, acked } = ack(params.up_to_seq, ctx);
        return { success: true, ack_seq: ackSeq, acked };
      },
    }),
    defineMethod({
      name: 'message.ack',
      session: true,
      trustsConnection: true,
      params: z.object({ seq, device_id: z.string().nullish(), slot_id: z.string().nullish() }),
      handler(params, ctx) {
        requireOwnInstance(params, ctx.session);
        return { success: true, ack_seq: ack(params.seq, ctx).ackSeq };
      },
    }),
  ];
}
