import { sql } from 'kysely';
import type { Database } from './database.js';

/** Ack positions per (device, slot isolation key) as stored (04 §1). */
export interface CursorStore {
  find(deviceNo: number, slotKey: string): number | null;
  /** Ack positions of all slots of the device. */
  all(deviceNo: number): number[];
  /** Raises or creates the cursor; never lowers it. */
  save(deviceNo: number, slotKey: string, ackSeq: number, nowMs: number): void;
}

export function createCursorStore(db: Database): CursorStore {
  const find = db.statement<{ deviceNo: number; slotKey: string }, { ack_seq: number }>((q, p) =>
    q
      .selectFrom('cursors')
      .select('ack_seq')
      .where('device_no', '=', p.deviceNo)
      .where('slot_key', '=', p.slotKey),
  );
  const all = db.statement<{ deviceNo: number }, { ack_seq: number }>((q, p) =>
    q.selectFrom('cursors').select('ack_seq').where('device_no', '=', p.deviceNo),
  );
  const save = db.statement<{ deviceNo: number; slotKey: string; ackSeq: number; now: number }>((q, p) =>
    q
      .insertInto('cursors')
      .values({ device_no: p.deviceNo, slot_key: p.slotKey, ack_seq: p.ackSeq, updated_at: p.now })
      .onConflict((conflict) =>
        conflict.columns(['device_no', 'slot_key']).doUpdateSet({
          ack_seq: sql`max(ack_seq, excluded.ack_seq)`,
          updated_at: sql`excluded.updated_at`,
        }),
      ),
  );
  return {
    find: (deviceNo, slotKey) => find.get({ deviceNo, slotKey })?.ack_seq ?? null,
    all: (deviceNo) => all.all({ deviceNo }).map((row) => row.ack_seq),
    save: (deviceNo, slotKey, ackSeq, now) => void save.run({ deviceNo, slotKey, ackSeq, now }),
  };
}
