import { sql } from 'kysely';
import type { Database } from './database.js';

/** Every slot of the device had acked `seq` when the mark was made. */
export interface AckMark {
  readonly deviceNo: number;
  readonly seq: number;
  readonly markedAt: number;
}

/** How far devices had acked at which time: rows may go some time after their last reader (04 §20 `acked_ttl`). */
export interface AckMarks {
  /** Marks every device whose slots have all moved on since its last mark. */
  mark(nowMs: number): void;
  /** The oldest marks that were made at or before `beforeMs`. */
  due(beforeMs: number, limit: number): AckMark[];
  /** The rows of this mark are gone. */
  done(mark: AckMark): void;
}

export function createAckMarks(db: Database): AckMarks {
  const mark = db.statement<{ now: number }>((q, p) =>
    q
      .replaceInto('ack_marks')
      .columns(['marked_at', 'device_no', 'seq'])
      .expression(
        q
          .selectFrom('cursors as c')
          .innerJoin('devices as d', 'd.device_no', 'c.device_no')
          .select([
            sql<number>`${p.now}`.as('marked_at'),
            'c.device_no',
            (of) => of.fn.min<number>('c.ack_seq').as('seq'),
          ])
          .groupBy('c.device_no')
          .having(
            sql<boolean>`min(c.ack_seq) > max(d.floor_seq, coalesce((select max(m.seq) from ack_marks m where m.device_no = c.device_no), 0))`,
          ),
      ),
  );
  const due = db.statement<
    { before: number; limit: number },
    { marked_at: number; device_no: number; seq: number }
  >((q, p) =>
    q
      .selectFrom('ack_marks')
      .selectAll()
      .where('marked_at', '<=', p.before)
      .orderBy('marked_at')
      .limit(p.limit),
  );
  const remove = db.statement<{ markedAt: number; deviceNo: number }>((q, p) =>
    q.deleteFrom('ack_marks').where('marked_at', '=', p.markedAt).where('device_no', '=', p.deviceNo),
  );
  return {
    mark: (now) => void mark.run({ now }),
    due: (before, limit) =>
      due
        .all({ before, limit })
        .map((row) => ({ deviceNo: row.device_no, seq: row.seq, markedAt: row.marked_at })),
    done: ({ deviceNo, markedAt }) => void remove.run({ deviceNo, markedAt }),
  };
}
