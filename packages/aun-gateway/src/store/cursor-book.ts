import type { Clock, Logger, TimerHandle } from 'aun-core';
import { LRUCache } from 'lru-cache';
import type { CursorStore } from './cursor-store.js';
import type { Database } from './database.js';

/** Cursors as the running server sees them: acks count at once and reach the disk a little later (04 §8.1). */
export interface CursorBook {
  /**
   * The slot's cursor. A slot that is new on its device starts with the lowest cursor of the others, or with
   * `floorSeq` when it is the first (04 §3), and that start is remembered.
   */
  get(deviceNo: number, slotKey: string, floorSeq: number): number;
  /** Raises the cursor to `seq`; returns the resulting position. */
  raise(deviceNo: number, slotKey: string, floorSeq: number, seq: number): number;
  /** The highest cursor of any slot of the device, or 0. */
  highest(deviceNo: number): number;
  /** Writes what is pending, now. */
  flush(): void;
}

const WRITE_DELAY_MS = 100;
const RETRY_DELAY_MS = 1_000;
const REMEMBERED = 50_000;

export interface CursorBookDeps {
  readonly db: Database;
  readonly store: CursorStore;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createCursorBook({ db, store, clock, log }: CursorBookDeps): CursorBook {
  const known = new LRUCache<string, number>({ max: REMEMBERED });
  /** Highest cursor per device, for those that were asked for. */
  const tops = new LRUCache<number, number>({ max: REMEMBERED });
  const dirty = new Map<string, { deviceNo: number; slotKey: string; ackSeq: number }>();
  let timer: TimerHandle | null = null;

  const write = (): void => {
    if (timer !== null) clock.clearTimeout(timer);
    timer = null;
    if (dirty.size === 0) return;
    const pending = [...dirty.entries()];
    try {
      db.transaction(() => {
        for (const [, { deviceNo, slotKey, ackSeq }] of pending)
          store.save(deviceNo, slotKey, ackSeq, clock.now());
      });
    } catch (error) {
      // Kept for the next attempt: a cursor that is lost only causes a repeated delivery.
      log.error('cursors could not be written', { error });
      return;
    }
    dirty.clear();
  };

  /** Writes later; a disk that is full now may have space then. */
  const schedule = (delayMs: number): void => {
    timer = clock.setTimeout(
      () => {
        write();
        if (dirty.size > 0) schedule(RETRY_DELAY_MS);
      },
      delayMs,
      { background: true },
    );
  };

  const remember = (key: string, deviceNo: number, slotKey: string, ackSeq: number): void => {
    known.set(key, ackSeq);
    dirty.set(key, { deviceNo, slotKey, ackSeq });
    const top = tops.get(deviceNo);
    if (top !== undefined && ackSeq > top) tops.set(deviceNo, ackSeq);
    if (timer === null) schedule(WRITE_DELAY_MS);
  };

  const get = (deviceNo: number, slotKey: string, floorSeq: number): number => {
    const key = `${deviceNo}/${slotKey}`;
    const cached = dirty.get(key)?.ackSeq ?? known.get(key);
    if (cached !== undefined) return cached;
    const found = store.find(deviceNo, slotKey);
    if (found !== null) {
      known.set(key, found);
      return found;
    }
    // The other slots' pending acks count too, hence the flush before looking at them.
    write();
    const others = store.all(deviceNo);
    const start = others.length === 0 ? floorSeq : Math.max(floorSeq, Math.min(...others));
    remember(key, deviceNo, slotKey, start);
    return start;
  };

  return {
    get,
    raise(deviceNo, slotKey, floorSeq, seq) {
      const before = get(deviceNo, slotKey, floorSeq);
      if (seq <= before) return before;
      remember(`${deviceNo}/${slotKey}`, deviceNo, slotKey, seq);
      return seq;
    },
    highest(deviceNo) {
      const known = tops.get(deviceNo);
      if (known !== undefined) return known;
      write();
      const top = Math.max(0, ...store.all(deviceNo));
      tops.set(deviceNo, top);
      return top;
    },
    flush: write,
  };
}
