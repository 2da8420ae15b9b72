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
  /** Rows pushed out by newer ones or by age. */
  readonly dropped: number;
}

/** One bounded ring per AID (04 §15). */
export function createQueueRings(options: { now: () => number; ttlMs: number; size: number }) {
  const rings = new Map<string, { rows: QueuedRow[]; dropped: number }>();

  const fresh = (aid: string) => {
    const ring = rings.get(aid);
    if (!ring) return null;
    const oldest = options.now() - options.ttlMs;
    const kept = ring.rows.filter((queued) => queued.at > oldest);
    ring.dropped += ring.rows.length - kept.length;
    ring.rows = kept;
    if (kept.length === 0) {
      rings.delete(aid);
      return null;
    }
    return ring;
  };

  return {
    add(aid: string, queued: QueuedRow): void {
      const ring = fresh(aid) ?? { rows: [], dropped: 0 };
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
    of: (aid: string): QueueRing | null => fresh(aid),
  };
}
