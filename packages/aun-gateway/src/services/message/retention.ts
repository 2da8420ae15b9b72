import type { Clock, Logger, TimerHandle } from 'aun-core';
import type { EdgeLimits } from '../../ports.js';
import type { AckMark, AckMarks } from '../../store/ack-marks.js';
import type { BodyStore, StoredBody } from '../../store/body-store.js';
import type { Database } from '../../store/database.js';
import type { DeviceStore } from '../../store/device-store.js';
import type { InboxStore } from '../../store/inbox-store.js';

const BATCH = 200;
/** Marks looked at in one batch; most have few rows. */
const MARKS = 50;
const PAUSE_MS = 20;
/** Marks per acked lifetime: a row stays at most this much longer than it has to. */
const MARKS_PER_TTL = 24;

export interface RetentionDeps {
  readonly db: Database;
  readonly bodies: BodyStore;
  readonly inbox: InboxStore;
  readonly devices: DeviceStore;
  readonly marks: AckMarks;
  readonly limits: Pick<EdgeLimits, 'fanoutTtlMs' | 'ackedTtlMs' | 'dedupRetentionMs'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** When the id of a message may be used again (04 §4.3). */
export const forgetIdAt = (
  message: { readonly tServer: number },
  limits: Pick<EdgeLimits, 'fanoutTtlMs' | 'dedupRetentionMs'>,
): number => message.tServer + Math.max(limits.dedupRetentionMs, limits.fanoutTtlMs);

/** Drops a body without rows; a message keeps its id so that a late repeat is still a duplicate (04 §4.3). */
const retire = ({ bodies, clock, limits }: RetentionDeps, body: StoredBody): void => {
  const forgetAt = forgetIdAt(body, limits);
  const isMessage = body.kind === 'plain' || body.kind === 'v2' || body.recalledAt !== null;
  if (isMessage && body.kind !== 'spent' && forgetAt > clock.now()) bodies.spend(body.bodyId, forgetAt);
  else bodies.remove(body.bodyId);
};

/** Lowest remaining seq − 1, or the head when nothing remains (04 §20). */
const raiseFloor = ({ devices, inbox }: RetentionDeps, deviceNo: number): void => {
  const lowest = inbox.lowestSeq(deviceNo);
  devices.raiseFloor(deviceNo, lowest === null ? devices.position(deviceNo).headSeq : lowest - 1);
};

/** Deletes one batch of expired bodies and raises the floors of their devices (04 §20); true when more may wait. */
export function sweepExpired(deps: RetentionDeps): boolean {
  const { bodies, inbox } = deps;
  return deps.db.transaction(() => {
    const expired = bodies.expired(deps.clock.now(), BATCH);
    const touched = new Set<number>();
    for (const body of expired) {
      for (const { deviceNo } of inbox.placesOf(body.bodyId)) touched.add(deviceNo);
      inbox.removeBody(body.bodyId);
      retire(deps, body);
    }
    for (const deviceNo of touched) raiseFloor(deps, deviceNo);
    return expired.length === BATCH;
  });
}

/**
 * Deletes one batch of rows that every slot of their device acked `ackedTtlMs` ago, and bodies that no device has any
 * more; true when more may wait. Never before that, however full the inbox is.
 */
export function sweepAcked(deps: RetentionDeps): boolean {
  const { clock, limits, marks } = deps;
  return deps.db.transaction(() => {
    const due = marks.due(clock.now() - limits.ackedTtlMs, MARKS);
    let room = BATCH;
    for (const mark of due) {
      const removed = removeAcked(deps, mark, room);
      if (removed === room) return true;
      room -= removed;
      marks.done(mark);
    }
    return due.length === MARKS;
  });
}

/** At most `limit` rows up to the mark; gives how many went. */
const removeAcked = (deps: RetentionDeps, { deviceNo, seq }: AckMark, limit: number): number => {
  const { bodies, inbox } = deps;
  const removed = inbox.removeUpTo(deviceNo, seq, limit);
  for (const bodyId of removed) {
    const body = inbox.placesOf(bodyId).length === 0 ? bodies.byNumber(bodyId) : null;
    if (body !== null) retire(deps, body);
  }
  if (removed.length > 0) raiseFloor(deps, deviceNo);
  return removed.length;
};

/** Runs the sweeps and `also` every `periodMs`, in short batches so that nobody waits. */
export function startRetention(
  deps: RetentionDeps,
  periodMs: number,
  also: () => void,
): { readonly stop: () => void } {
  const { clock, log } = deps;
  const markEvery = deps.limits.ackedTtlMs / MARKS_PER_TTL;
  let timer: TimerHandle | null = null;
  let nextMark = clock.now();
  const schedule = (delayMs: number): void => {
    timer = clock.setTimeout(round, delayMs, { background: true });
  };
  const mark = (): void => {
    if (clock.now() < nextMark) return;
    deps.marks.mark(clock.now());
    nextMark = clock.now() + markEvery;
  };
  const round = (): void => {
    let more = false;
    try {
      mark();
      more = sweepExpired(deps) || sweepAcked(deps);
      if (!more) also();
    } catch (error) {
      log.error('retention failed', { error });
    }
    schedule(more ? PAUSE_MS : periodMs);
  };
  schedule(periodMs);
  return {
    stop: () => {
      if (timer !== null) clock.clearTimeout(timer);
    },
  };
}
