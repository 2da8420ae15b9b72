import type { JsonObject } from 'aun-core';
import type { EdgeLimits } from '../../ports.js';
import { RawJson } from '../../rpc/raw-json.js';
import { eventText } from '../../rpc/respond.js';
import type { LiveSession } from '../../session/live-session.js';
import type { SessionIndex } from '../../session/session-index.js';
import type { SessionInfo } from '../../session/session-info.js';
import type { BodyStore, NewBody } from '../../store/body-store.js';
import type { DeviceStore } from '../../store/device-store.js';
import type { GroupCommit } from '../../store/group-commit.js';
import { type DeliveryTarget, inboxRowOf } from './deliver.js';
import { type Page, pageBudget, pageRow, type RowFormat } from './page.js';
import type { PushStage } from './push-stage.js';
import { createQueueRings, type QueuedRow } from './queue-ring.js';
import { forgetIdAt } from './retention.js';
import { inlinePush, plainPush } from './row-text.js';

export type QueueOutcome =
  /** `acceptedAt`: Unix ms of the first send under this id. */
  | {
      readonly kind: 'queued';
      readonly seq: number;
      readonly status: 'delivered' | 'duplicate';
      readonly acceptedAt: number;
    }
  /** The id was used before; the message itself is not in the ring. */
  | { readonly kind: 'known' };

/** Queue mode (04 §15): an AID whose long connections form a pool of workers. Only ids are stored, against repeats. */
export interface QueueMode {
  /** The AID has a live long connection that declared it. */
  applies(aid: string): boolean;
  /** Hands the message to one worker; null when none of them can take it, so that it is stored instead. */
  deliver(
    body: NewBody,
    targets: readonly DeliveryTarget[],
    trace: JsonObject | null,
  ): Promise<QueueOutcome | null>;
  /** A page with the ring's rows of this device merged in by seq; `earliestSeq` is the lowest of them. */
  merge(
    session: SessionInfo,
    after: number,
    page: Page,
    limit: number,
    frameBudget: number,
    format: RowFormat,
  ): { readonly page: Page; readonly earliestSeq: number | null; readonly dropped: number };
  /** Forgets what is too old. */
  sweep(): void;
}

export interface QueueDeps {
  readonly now: () => number;
  readonly index: SessionIndex;
  readonly devices: DeviceStore;
  readonly bodies: BodyStore;
  readonly commit: GroupCommit;
  readonly push: PushStage;
  readonly limits: Pick<EdgeLimits, 'queueRingTtlMs' | 'queueRingSize' | 'fanoutTtlMs' | 'dedupRetentionMs'>;
}

export function createQueueMode(deps: QueueDeps): QueueMode {
  const { index } = deps;
  const rings = createQueueRings({
    now: deps.now,
    ttlMs: deps.limits.queueRingTtlMs,
    size: deps.limits.queueRingSize,
  });
  const turns = new Map<string, number>();
  const affinity = new Map<string, { readonly connectionId: string; readonly until: number }>();

  const workersOf = (aid: string): LiveSession[] =>
    index.longOf(aid).filter((session) => session.info.deliveryMode.mode === 'queue');

  const nextInTurn = (aid: string, workers: readonly LiveSession[]): LiveSession | undefined => {
    const turn = turns.get(aid) ?? 0;
    turns.set(aid, turn + 1);
    return workers[turn % workers.length];
  };

  const choose = (aid: string, sender: string, workers: readonly LiveSession[]): LiveSession | undefined => {
    const mode = workers[0]?.info.deliveryMode;
    if (mode?.routing !== 'sender_affinity') return nextInTurn(aid, workers);
    const key = `${aid}\n${sender}`;
    const known = affinity.get(key);
    const now = deps.now();
    const kept =
      known && known.until > now
        ? workers.find((w) => w.info.connectionId === known.connectionId)
        : undefined;
    const worker = kept ?? nextInTurn(aid, workers);
    affinity.delete(key);
    if (worker)
      affinity.set(key, { connectionId: worker.info.connectionId, until: now + mode.affinityTtlMs });
    if (affinity.size > 10_000) affinity.delete(affinity.keys().next().value ?? '');
    return worker;
  };

  const pushTo = (worker: LiveSession, { row }: QueuedRow, trace: JsonObject | null): void => {
    const receiver = { deviceId: worker.info.deviceId, address: worker.info.remoteAddress };
    const plain = row.kind === 'plain';
    const members = plain ? plainPush(row, receiver, 'queue') : inlinePush(row, receiver);
    const traced = trace === null ? members : `${members},"_trace":${JSON.stringify(trace)}`;
    const method = plain ? 'event/message.received' : 'event/peer.v2.message_received';
    const text = eventText(method, new RawJson(`{${traced}}`));
    if (Buffer.byteLength(text) > worker.frameBudget || worker.port.send(text, 'data') !== 'sent') {
      deps.push.hintAt(worker, row.seq, row.messageId, row.fromAid);
      return;
    }
    deps.push.state(worker).sentHigh = row.seq;
  };

  /** The outcome for a message that the ring holds already. */
  const repeatOf = (body: NewBody): QueueOutcome | null => {
    const held = rings.find(body.toAid, body.fromAid, body.messageId);
    if (held === null) return null;
    return { kind: 'queued', seq: held.row.seq, status: 'duplicate', acceptedAt: held.row.tServer };
  };

  /** Keeps the id without the content; false when it was used before (04 §4.3). */
  const rememberId = (body: NewBody): boolean => {
    const bodyId = deps.bodies.insert({ ...body, content: '' });
    if (bodyId === null) return false;
    deps.bodies.spend(bodyId, forgetIdAt(body, deps.limits));
    return true;
  };

  return {
    sweep: () => rings.sweep(),
    applies: (aid) => workersOf(aid).length > 0,
    async deliver(body, targets, trace) {
      const repeat = repeatOf(body);
      if (repeat !== null) return repeat;
      const worker = choose(body.toAid, body.fromAid, workersOf(body.toAid));
      const target = targets.find(({ device }) => device.deviceId === worker?.info.deviceId);
      if (!worker || !target) return null;
      const { deviceNo } = target.device;
      const seq = await deps.commit.run(
        () => (rememberId(body) ? deps.devices.nextSeq(deviceNo) : null),
        (next) => {
          if (next === null) return;
          const queued = { deviceNo, row: inboxRowOf(body, target, next), at: deps.now() };
          rings.add(body.toAid, queued);
          pushTo(worker, queued, trace);
        },
      );
      // The first one may have been on its way to the store when this one came.
      if (seq === null) return repeatOf(body) ?? { kind: 'known' };
      return { kind: 'queued', seq, status: 'delivered', acceptedAt: body.tServer };
    },
    merge(session, after, page, limit, frameBudget, format) {
      const ring = rings.of(session.aid);
      if (ring === null) return { page, earliestSeq: null, dropped: 0 };
      const device = deps.devices.find(session.aid, session.deviceId);
      const own = ring.rows.flatMap(({ deviceNo, row }) => (deviceNo === device?.deviceNo ? [row] : []));
      const earliestSeq = own[0]?.seq ?? null;
      const missing = own.filter((row) => row.seq > after && (!page.hasMore || row.seq <= page.lastSeq));
      if (missing.length === 0) return { page, earliestSeq, dropped: ring.dropped };
      const budget = pageBudget(frameBudget);
      const all = [...page.rows, ...missing.map((row) => pageRow(row, format, budget))].toSorted(
        (left, right) => left.seq - right.seq,
      );
      let used = 0;
      const rows = all.slice(0, limit).filter(({ bytes }, position) => {
        used += bytes;
        return position === 0 || used <= budget;
      });
      const hasMore = page.hasMore || rows.length < all.length;
      const merged = {
        rows,
        lastSeq: rows.at(-1)?.seq ?? 0,
        hasMore,
        shortened: hasMore && rows.length < limit,
      };
      return { page: merged, earliestSeq, dropped: ring.dropped };
    },
  };
}
