import { LRUCache } from 'lru-cache';
import type { InboxRow } from '../../store/inbox-store.js';

/** A message that waits in memory for its worker to pull it again. */
export interface QueuedRow {
  readonly deviceNo: number;
  readonly row: InboxRow;
  /** Unix ms of arrival. */
  readonly at: number;
}

export interface QueueRing {
  readonly rows: readonly QueuedRow[];
  /** Rows pushed out by newer ones or by age, since the AID had its first. */
  readonly dropped: number;
}

/** AIDs without rows whose count is still known. */
const REMEMBERED = 10_000;

/** One bounded ring per AID (04 §15). */
export function createQueueRings(options: { now: () => number; ttlMs: number; size: number }) {
  const rings = new Map<string, { rows: QueuedRow[]; dropped: number }>();
  const droppedOf = new LRUCache<string, number>({ max: REMEMBERED });

  const fresh = (aid: string) => {
    const ring = rings.get(aid);
    if (!ring) return null;
    const oldest = options.now() - options.ttlMs;
    const kept = ring.rows.filter((queued) => queued.at > oldest);
    ring.dropped += ring.rows.length - kept.length;
    ring.rows = kept;
    if (kept.length === 0) {
      rings.delete(aid);
      droppedOf.set(aid, ring.dropped);
      return null;
    }
    return ring;
  };

  return {
    add(aid: string, queued: QueuedRow): void {
      const ring = fresh(aid) ?? { rows: [], dropped: droppedOf.get(aid) ?? 0 };
      ring.rows.push(queued);
      if (ring.rows.length > options.size) {
        ring.rows.shift();
        ring.dropped += 1;
      }
      rings.set(aid, ring);
    },
    find: (aid: string, from: string, messageId: string): QueuedRow | null =>
      fresh(aid)?.rows.find(({ row }) => row.fromAid === from && row.messageId === messageId) ?? null,
    sweep(): void {
      for (const aid of [...rings.keys()]) fresh(aid);
    },
    /** Null when the AID never had one, or none for long. */
    of(aid: string): QueueRing | null {
      const ring = fresh(aid);
      if (ring !== null) return ring;
      const dropped = droppedOf.get(aid);
      return dropped === undefined ? null : { rows: [], dropped };
    },
  };
}
