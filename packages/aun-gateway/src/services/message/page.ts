import type { InboxRow, InboxStore } from '../../store/inbox-store.js';

export const MAX_PAGE_ROWS = 50;

/** Room for the members around `messages`, and for the frame. */
const RESULT_OVERHEAD = 2_000;
/** JSON text around one row. */
const ROW_OVERHEAD = 700;

export interface Page {
  /** Ascending by seq, as JSON text. */
  readonly rows: readonly PageRow[];
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

/** Bytes that the rows of a page may have together. */
export const pageBudget = (frameBudget: number): number => frameBudget - RESULT_OVERHEAD;

export interface PageRow {
  readonly seq: number;
  readonly text: string;
  /** With its comma. */
  readonly bytes: number;
}

/** The row, or what stands for it when it alone exceeds the budget (04 §7.3). */
export function pageRow(row: InboxRow, format: RowFormat, budget: number): PageRow {
  const text = format.row(row);
  const bytes = Buffer.byteLength(text) + 1;
  if (bytes <= budget) return { seq: row.seq, text, bytes };
  const stub = format.oversize(row, bytes, budget);
  return { seq: row.seq, text: stub, bytes: Buffer.byteLength(stub) + 1 };
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
  const budget = pageBudget(frameBudget);
  const sizes = inbox.scan(deviceNo, after, limit + 1);
  const bound = readBound(sizes, limit, budget);
  if (bound === 0) return { rows: [], lastSeq: 0, hasMore: false, shortened: false };
  const rows: PageRow[] = [];
  let used = 0;
  for (const row of inbox.read(deviceNo, after, bound)) {
    const next = pageRow(row, format, budget);
    if (rows.length > 0 && used + next.bytes > budget) break;
    rows.push(next);
    used += next.bytes;
  }
  const lastSeq = rows.at(-1)?.seq ?? 0;
  const hasMore = (sizes.at(-1)?.seq ?? 0) > lastSeq;
  return { rows, lastSeq, hasMore, shortened: hasMore && rows.length < limit };
}
