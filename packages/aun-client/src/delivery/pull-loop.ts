import { type Clock, isJsonObject, type JsonObject, type JsonValue, sleep } from 'aun-core';
import type { DeliveryNamespace } from './namespace.js';
import { type OpenRow, type PullPage, type RowOutcome, seqOf } from './pulled-row.js';

const MAX_PAGES = 100;

export type PullRequest = {
  readonly after: number;
  readonly limit: number;
  readonly force: boolean;
  readonly skipAutoAck: boolean;
};

export type PullResult = {
  readonly messages: JsonObject[];
  readonly latestSeq: number;
  readonly hasMore: boolean;
  readonly serverAckSeq: number;
};

export type PullPorts = {
  readonly clock: Clock;
  /** One `message.v2.pull` (or its group form); rejects as the RPC does. */
  readonly fetch: (params: JsonObject) => Promise<JsonValue>;
  readonly open: OpenRow;
  readonly ack: (upTo: number) => Promise<void>;
  readonly cursorMoved: () => void;
};

/** Reads an answer; rows that are no objects are dropped, rows at or below `after` are none of our business. */
export const readPage = (answer: JsonValue, after: number): PullPage => {
  const fields = isJsonObject(answer) ? answer : {};
  const list = Array.isArray(fields.messages) ? (fields.messages as readonly JsonValue[]) : [];
  const rows = list
    .filter(isJsonObject)
    .filter((row) => seqOf(row) > after)
    .sort((a, b) => seqOf(a) - seqOf(b));
  const number = (value: JsonValue | undefined): number => (typeof value === 'number' ? value : 0);
  return {
    rows,
    latestSeq: number(fields.latest_seq),
    serverAckSeq: number(fields.server_ack_seq),
    hasMore: typeof fields.has_more === 'boolean' ? fields.has_more : undefined,
  };
};

/**
 * Pulls pages until nothing is left, hands every row to the publisher in order and acknowledges what was handed over
 * (04 §14.4). Acknowledgements travel with the next page where there is one.
 */
export const pull = async (
  space: DeliveryNamespace,
  request: PullRequest,
  ports: PullPorts,
): Promise<PullResult> => {
  const result: JsonObject[] = [];
  let next = request.force ? request.after : request.after || space.tracker.contiguous;
  let pendingAck = 0;
  let latestSeq = 0;
  let serverAckSeq = 0;
  let hasMore = false;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = readPage(await ports.fetch(pageParams(next, request, pendingAck)), next);
    if (pendingAck > 0) space.lastAcked = Math.max(space.lastAcked, pendingAck);
    pendingAck = 0;
    const moved = await takePage(space, page, ports, result);
    latestSeq = Math.max(latestSeq, ...page.rows.map(seqOf), page.rows.length === 0 ? page.latestSeq : 0);
    serverAckSeq = Math.max(serverAckSeq, page.serverAckSeq);
    hasMore = page.rows.length > 0 && (page.hasMore ?? page.rows.length >= request.limit);
    const settled = space.publisher.settled;
    const worthAcking =
      page.rows.length > 0 && settled > space.lastAcked && (moved || settled > page.serverAckSeq);
    if (worthAcking && !request.skipAutoAck) {
      if (hasMore) pendingAck = settled;
      else await ports.ack(settled);
    }
    if (!hasMore) break;
    next = Math.max(...page.rows.map(seqOf));
    if (page.hasMore === undefined) await sleep(ports.clock, 0);
  }
  if (pendingAck > 0) await ports.ack(pendingAck);
  return {
    messages: result,
    latestSeq: Math.max(latestSeq, space.tracker.contiguous),
    hasMore,
    serverAckSeq,
  };
};

const pageParams = (after: number, request: PullRequest, ack: number): JsonObject => ({
  after_seq: after,
  limit: request.limit,
  ...(request.force ? { force: true } : {}),
  ...(ack > 0 ? { ack_up_to_seq: ack } : {}),
});

/** Publishes one page; true when the contiguous number moved. */
const takePage = async (
  space: DeliveryNamespace,
  page: PullPage,
  ports: PullPorts,
  result: JsonObject[],
): Promise<boolean> => {
  const { tracker, publisher } = space;
  const before = tracker.contiguous;
  const seqs = page.rows.map(seqOf);
  publisher.claim(seqs.filter((seq) => seq > before));
  // Holes are permanent: what this page skipped will never come (04 §14.4).
  if (seqs.length > 0) tracker.forceContiguous(Math.max(...seqs));
  for (const row of page.rows) {
    const outcome = await ports.open(row);
    if (outcome.kind === 'message' && outcome.returned) result.push(outcome.message);
    await handOver(space, seqOf(row), outcome, seqOf(row) > before, ports.cursorMoved);
  }
  if (page.serverAckSeq > tracker.contiguous) tracker.forceContiguous(page.serverAckSeq);
  const moved = tracker.contiguous > before;
  if (moved) {
    await publisher.drain();
    ports.cursorMoved();
  }
  return moved;
};

const handOver = async (
  space: DeliveryNamespace,
  seq: number,
  outcome: RowOutcome,
  fresh: boolean,
  cursorMoved: () => void,
): Promise<void> => {
  if (!fresh) return;
  if (outcome.kind === 'message') await space.publisher.publishPulled(outcome.event, seq, outcome.message);
  else if (outcome.kind === 'skip') space.publisher.settle(seq);
  else space.publisher.hold(seq);
  if (outcome.kind === 'held') void settleLater(space, seq, outcome.later).then(cursorMoved);
};

/** A held row is published whenever its key arrives; until then its number stays unsettled. */
export const settleLater = async (
  space: DeliveryNamespace,
  seq: number,
  later: Promise<RowOutcome>,
): Promise<void> => {
  const outcome = await later;
  if (outcome.kind === 'message') await space.publisher.publishLate(outcome.event, seq, outcome.message);
  else if (outcome.kind === 'skip') space.publisher.settle(seq);
};
