import { z } from 'zod';
import { defineMethod, type RpcMethod, type SessionCallContext } from '../../rpc/method.js';
import { RawJson } from '../../rpc/raw-json.js';
import type { MessageDeps } from './deps.js';
import { healAhead } from './healing.js';
import { requireOwnInstance } from './instance-params.js';
import { openMailbox } from './mailbox.js';
import { buildPage, MAX_PAGE_ROWS, type RowFormat } from './page.js';
import type { QueueMode } from './queue-mode.js';
import { oversizeRawRow, oversizeRow, pullRow, rawRow } from './row-text.js';

/** Seqs as clients send them: JSON integers; null counts as absent. */
export const seqParam = z.int('must be an integer').nonnegative('must not be negative').nullish();

const pullShape = {
  after_seq: seqParam,
  // Any number of rows may be asked for; the page has its own bound (04 §7.1).
  limit: z.number('must be an integer').refine(Number.isInteger, 'must be an integer').nullish(),
  force: z.boolean().nullish(),
};

interface PullRequest {
  readonly after: number;
  readonly limit: number;
  readonly force: boolean;
  readonly ackUpTo: number;
  readonly format: (ctx: SessionCallContext) => RowFormat;
}

const clampLimit = (limit: number | null | undefined, most: number): number =>
  Math.min(most, MAX_PAGE_ROWS, Math.max(1, limit ?? MAX_PAGE_ROWS));

const receiverOf = ({ session }: SessionCallContext) => ({
  deviceId: session.deviceId,
  address: session.remoteAddress,
});

const v2Format = (ctx: SessionCallContext): RowFormat => ({
  row: (row) => pullRow(row, receiverOf(ctx)),
  oversize: (row, size, budget) => oversizeRow(row, receiverOf(ctx), size, budget),
});

const rawFormat = (ctx: SessionCallContext): RowFormat => ({
  row: (row) => rawRow(row, receiverOf(ctx)),
  oversize: (row, size, budget) => oversizeRawRow(row, receiverOf(ctx), size, budget),
});

/** `message.v2.pull` and the raw `message.pull` (04 §7). */
export function pullMethods(deps: MessageDeps, queue: QueueMode): RpcMethod[] {
  const pull = (request: PullRequest, ctx: SessionCallContext): RawJson => {
    const { session } = ctx;
    const mailbox = openMailbox(deps, ctx);
    const { deviceNo, floorSeq, headSeq } = mailbox.device;
    const cursor =
      request.ackUpTo > 0 && request.ackUpTo <= headSeq
        ? deps.cursors.raise(deviceNo, session.slotKey, floorSeq, request.ackUpTo)
        : mailbox.cursor;
    const live = deps.index.byConnection(session.connectionId);
    const budget = live?.frameBudget ?? 0;
    const after = request.force ? request.after : Math.max(request.after, cursor);
    const page = buildPage(deps.inbox, deviceNo, after, request.limit, budget, request.format(ctx));
    const ring = queue.merge(session, after, page, request.limit, budget, request.format(ctx));
    const { rows, hasMore } = ring.page;
    // What the client claims beyond the head was never sent to it.
    const lastSeq = Math.min(headSeq, Math.max(after, ring.page.lastSeq));
    if (live) {
      deps.push.pulled(live, deviceNo, {
        lastSeq,
        headSeq,
        complete: !hasMore,
        shortened: ring.page.shortened,
      });
    }
    const claimed = Math.max(request.after, request.ackUpTo);
    if (claimed > headSeq) ctx.afterReply(() => healAhead(deps, session, { ...mailbox, cursor }, claimed));
    const tail = JSON.stringify({
      count: rows.length,
      raw_count: rows.length,
      latest_seq: rows.length > 0 ? ring.page.lastSeq : headSeq,
      has_more: hasMore,
      server_ack_seq: Math.max(cursor, floorSeq),
      retention_floor_seq: floorSeq,
      earliest_available_seq: floorSeq > 0 ? floorSeq + 1 : null,
      ephemeral_earliest_available_seq: ring.earliestSeq,
      ephemeral_dropped_count: ring.dropped,
    });
    return new RawJson(`{"messages":[${rows.map((row) => row.text).join(',')}],${tail.slice(1)}`);
  };

  return [
    defineMethod({
      name: 'message.v2.pull',
      session: true,
      trustsConnection: true,
      params: z.object({ ...pullShape, ack_up_to_seq: seqParam }),
      handler: (params, ctx) =>
        pull(
          {
            after: params.after_seq ?? 0,
            limit: clampLimit(params.limit, deps.limits.pullMaxLimit),
            force: params.force === true,
            ackUpTo: params.ack_up_to_seq ?? 0,
            format: v2Format,
          },
          ctx,
        ),
    }),
    defineMethod({
      name: 'message.pull',
      session: true,
      trustsConnection: true,
      params: z.object({ ...pullShape, device_id: z.string().nullish(), slot_id: z.string().nullish() }),
      handler(params, ctx) {
        requireOwnInstance(params, ctx.session);
        return pull(
          {
            after: params.after_seq ?? 0,
            limit: clampLimit(params.limit, deps.limits.pullMaxLimit),
            force: params.force === true,
            ackUpTo: 0,
            format: rawFormat,
          },
          ctx,
        );
      },
    }),
  ];
}
