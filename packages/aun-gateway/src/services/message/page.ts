import type { InboxRow, InboxStore } from '../../store/inbox-store.js';

export const MAX_PAGE_ROWS = 50;

/** Room for the members around `messages`, and for the frame. */
const RESULT_OVERHEAD = 2_000;
/** JSON text around one row. */
const ROW_OVERHEAD = 700;

export interface Page {
  /** Ascending by seq, as JSON text. */
  readonly rows: readonly { readonly seq: number; readonly text: string }[];
  /** Seq of the last row, or 0. */
  readonly lastSeq: number;
  readonly hasMore: boolean;
  /** The frame budget, not the row limit, ended it. */
  readonly shortened: boolean;
}

export interface RowFormat {
  row(row: InboxRow): string;
  /** Replacement for a row that alone exceeds the budget. */
  oversize(row: InboxRow, sizeBytes: number, budgetBytes: number): string;
}

/** Where to stop reading, so that a page never loads much more than a frame can hold. */
const readBound = (
  sizes: readonly { seq: number; size: number }[],
  limit: number,
  budget: number,
): number => {
  let estimate = 0;
  let bound = 0;
  for (const { seq, size } of sizes.slice(0, limit)) {
    estimate += size + ROW_OVERHEAD;
    if (bound > 0 && estimate > budget) return bound;
    bound = seq;
  }
  return bound;
};

/**
 * One page above `after`: at most `limit` rows that fit the budget together, at least one (04 §7.4). Costs the page,
 * not the backlog.
 */
export function buildPage(
  inbox: InboxStore,
  deviceNo: number,
  after: number,
  limit: number,
  frameBudget: number,
  format: RowFormat,
): Page {
  const budget = frameBudget - RESULT_OVERHEAD;
  const sizes = inbox.scan(deviceNo, after, limit + 1);
  const bound = readBound(sizes, limit, budget);
  if (bound === 0) return { rows: [], lastSeq: 0, hasMore: false, shortened: false };
  const rows: { seq: number; text: string }[] = [];
  let used = 0;
  for (const row of inbox.read(deviceNo, after, bound)) {
    let text = format.row(row);
    let bytes = Buffer.byteLength(text) + 1;
    if (bytes > budget) {
      text = format.oversize(row, bytes, budget);
      bytes = Buffer.byteLength(text) + 1;
    }
    if (rows.length > 0 && used + bytes > budget) break;
    rows.push({ seq: row.seq, text });
    used += bytes;
  }
  const lastSeq = rows.at(-1)?.seq ?? 0;
  const hasMore = (sizes.at(-1)?.seq ?? 0) > lastSeq;
  return { rows, lastSeq, hasMore, shortened: hasMore && rows.length < limit };
}
