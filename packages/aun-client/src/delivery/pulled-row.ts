import type { JsonObject } from 'aun-core';

/** What became of one pulled or pushed row. */
export type RowOutcome =
  /** A message for the application; `returned` says whether an explicit pull lists it. */
  | {
      readonly kind: 'message';
      readonly event: string;
      readonly message: JsonObject;
      readonly returned: boolean;
    }
  /** Nothing for the application; the number is consumed. */
  | { readonly kind: 'skip' }
  /** The client was closed while the row waited: it stays unacknowledged and comes again. */
  | { readonly kind: 'abandoned' }
  /** Waits for the sender's certificate; settles later and must not be acknowledged before. */
  | { readonly kind: 'held'; readonly later: Promise<RowOutcome> };

/** Turns one row of a page (or an inline push) into an outcome. Never rejects. */
export type OpenRow = (row: JsonObject) => Promise<RowOutcome>;

/** One answer of `message.v2.pull`, as far as the loop needs it (04 §7.2). */
export type PullPage = {
  readonly rows: readonly JsonObject[];
  readonly latestSeq: number;
  readonly serverAckSeq: number;
  /** Undefined when the server does not say. */
  readonly hasMore: boolean | undefined;
};

export const seqOf = (row: JsonObject): number =>
  typeof row.seq === 'number' && Number.isSafeInteger(row.seq) && row.seq > 0 ? row.seq : 0;
