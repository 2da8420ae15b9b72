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
  /** Rows received, with those that are no messages for the application. */
  readonly rawCount: number;
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
  /** A row that waited for its sender's key has been handed over: it may be acknowledged now. */
  readonly settledLate: () => void;
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
  let rawCount = 0;
  let hasMore = false;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    // What the server announced before, it knows all about: numbers below that it does not send are not there.
    const arrived = next <= space.tracker.contiguous ? space.tracker.highestReceived : 0;
    const page = readPage(await ports.fetch(pageParams(next, request, pendingAck)), next);
    if (pendingAck > 0) space.lastAcked = Math.max(space.lastAcked, pendingAck);
    pendingAck = 0;
    const moved = await takePage(space, page, ports, result);
    rawCount += page.rows.length;
    latestSeq = Math.max(latestSeq, ...page.rows.map(seqOf), page.rows.length === 0 ? page.latestSeq : 0);
    serverAckSeq = Math.max(serverAckSeq, page.serverAckSeq);
    const settled = space.publisher.settled;
    const worthAcking =
      page.rows.length > 0 && settled > space.lastAcked && (moved || settled > page.serverAckSeq);
    const ackable = worthAcking && !request.skipAutoAck;
    hasMore = mayHaveMore(page, request.limit, ackable);
    if (ackable && hasMore) pendingAck = settled;
    else if (ackable) await ports.ack(settled);
    if (!hasMore && arrived > space.tracker.contiguous) await closeHoles(space, arrived, ports);
    if (!hasMore || space.publisher.isStopped) break;
    next = Math.max(...page.rows.map(seqOf));
    if (page.hasMore === undefined) await sleep(ports.clock, tailDelayMs(page.rows.length, request.limit));
  }
  if (pendingAck > 0) await ports.ack(pendingAck);
  return {
    messages: result,
    rawCount,
    latestSeq: Math.max(latestSeq, space.tracker.contiguous),
    hasMore,
    serverAckSeq,
  };
};

/** A server that does not say is asked again after a full page, and while there is something to acknowledge. */
const mayHaveMore = ({ rows, hasMore }: PullPage, limit: number, ackable: boolean): boolean =>
  rows.length > 0 && (hasMore ?? (rows.length >= limit || ackable));

/** The pause before the next request after a page that was not full (04 §14.4). */
const tailDelayMs = (rows: number, limit: number): number =>
  rows >= limit ? 0 : Math.min(500, Math.max(5, 1_000 / (rows + 1)));

const closeHoles = async (space: DeliveryNamespace, upTo: number, ports: PullPorts): Promise<void> => {
  await space.publisher.closeHoles(upTo);
  ports.cursorMoved();
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
    if (publisher.isStopped) break;
    if (outcome.kind === 'message' && outcome.returned) result.push(outcome.message);
    await handOver(space, seqOf(row), outcome, seqOf(row) > before, ports.settledLate);
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
  settledLate: () => void,
): Promise<void> => {
  if (!fresh) return;
  if (outcome.kind === 'message') await space.publisher.publishPulled(outcome.event, seq, outcome.message);
  else if (outcome.kind === 'skip') space.publisher.settle(seq);
  else space.publisher.hold(seq);
  if (outcome.kind === 'held') void settleLater(space, seq, outcome.later).then(settledLate);
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
