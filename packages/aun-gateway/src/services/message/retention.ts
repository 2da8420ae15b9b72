import type { Clock, Logger, TimerHandle } from 'aun-core';
import type { BodyStore } from '../../store/body-store.js';
import type { Database } from '../../store/database.js';
import type { DeviceStore } from '../../store/device-store.js';
import type { InboxStore } from '../../store/inbox-store.js';

const BATCH = 200;
const PAUSE_MS = 20;

export interface RetentionDeps {
  readonly db: Database;
  readonly bodies: BodyStore;
  readonly inbox: InboxStore;
  readonly devices: DeviceStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Deletes one batch of expired bodies and raises the floors of their devices (04 §20); true when more may wait. */
export function sweepExpired(deps: RetentionDeps): boolean {
  const { bodies, devices, inbox } = deps;
  return deps.db.transaction(() => {
    const expired = bodies.expired(deps.clock.now(), BATCH);
    const touched = new Set<number>();
    for (const bodyId of expired) {
      for (const { deviceNo } of inbox.placesOf(bodyId)) touched.add(deviceNo);
      inbox.removeBody(bodyId);
      bodies.remove(bodyId);
    }
    for (const deviceNo of touched) {
      const lowest = inbox.lowestSeq(deviceNo);
      devices.raiseFloor(deviceNo, lowest === null ? devices.position(deviceNo).headSeq : lowest - 1);
    }
    return expired.length === BATCH;
  });
}

/** Runs `sweepExpired` and `also` every `periodMs`, in short batches so that nobody waits. */
export function startRetention(
  deps: RetentionDeps,
  periodMs: number,
  also: () => void,
): { readonly stop: () => void } {
  const { clock, log } = deps;
  let timer: TimerHandle | null = null;
  const schedule = (delayMs: number): void => {
    timer = clock.setTimeout(round, delayMs, { background: true });
  };
  const round = (): void => {
    let more = false;
    try {
      more = sweepExpired(deps);
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
