import { type BodyKind, kindOf } from './body-store.js';
import type { Database } from './database.js';

/** One row of a device's inbox joined with its body. */
export interface InboxRow {
  readonly seq: number;
  /** A copy of the owner's own message for another of its devices (04 §5.4). */
  readonly outbound: boolean;
  /** JSON members to splice: `"recipient":…,"merkle_proof":…` of an envelope, `[seqs]` of a recall, or ''. */
  readonly wrap: string;
  readonly kind: BodyKind;
  readonly type: string;
  readonly messageId: string;
  readonly fromAid: string;
  readonly toAid: string;
  readonly tServer: number;
  readonly senderDevice: string;
  readonly senderIp: string;
  readonly content: string;
}

export interface NewInboxRow {
  readonly deviceNo: number;
  readonly seq: number;
  readonly bodyId: number;
  readonly outbound: boolean;
  /** Bytes of content and wrap; a page is cut by it before anything is read. */
  readonly size: number;
  readonly wrap: string;
}

interface Row {
  seq: number;
  outbound: number;
  wrap: string;
  kind: number;
  type: string;
  message_id: string;
  from_aid: string;
  to_aid: string;
  t_server: number;
  sender_device: string;
  sender_ip: string;
  content: string;
}

const decode = (row: Row): InboxRow => ({
  seq: row.seq,
  outbound: row.outbound === 1,
  wrap: row.wrap,
  kind: kindOf(row.kind),
  type: row.type,
  messageId: row.message_id,
  fromAid: row.from_aid,
  toAid: row.to_aid,
  tServer: row.t_server,
  senderDevice: row.sender_device,
  senderIp: row.sender_ip,
  content: row.content,
});

export interface InboxStore {
  insert(row: NewInboxRow): void;
  /** Seqs and sizes above `after`, ascending: a range scan of the primary key. */
  scan(deviceNo: number, after: number, limit: number): { readonly seq: number; readonly size: number }[];
  /** Rows with `after < seq <= upTo`, ascending. */
  read(deviceNo: number, after: number, upTo: number): InboxRow[];
  /** Where a body went: device numbers and seqs. */
  placesOf(bodyId: number): { readonly deviceNo: number; readonly seq: number; readonly outbound: boolean }[];
  removeBody(bodyId: number): void;
  /** Takes out the lowest rows with `seq <= upTo`, at most `limit`; gives the numbers of their bodies. */
  removeUpTo(deviceNo: number, upTo: number, limit: number): number[];
  /** Unacked rows of one sender above `after`, counted up to `limit`. */
  countFrom(deviceNo: number, after: number, fromAid: string, limit: number): number;
  /** The newest row of the device. */
  last(
    deviceNo: number,
  ): { readonly seq: number; readonly messageId: string; readonly fromAid: string } | null;
  lowestSeq(deviceNo: number): number | null;
  /** Rows with `after < seq <= upTo`. */
  count(deviceNo: number, after: number, upTo: number): number;
}

export function createInboxStore(db: Database): InboxStore {
  const insert = db.statement<Omit<NewInboxRow, 'outbound'> & { outbound: number }>((q, p) =>
    q.insertInto('inbox').values({
      device_no: p.deviceNo,
      seq: p.seq,
      body_id: p.bodyId,
      outbound: p.outbound,
      size: p.size,
      wrap: p.wrap,
    }),
  );
  const scan = db.statement<
    { deviceNo: number; after: number; limit: number },
    { seq: number; size: number }
  >((q, p) =>
    q
      .selectFrom('inbox')
      .select(['seq', 'size'])
      .where('device_no', '=', p.deviceNo)
      .where('seq', '>', p.after)
      .orderBy('seq')
      .limit(p.limit),
  );
  const read = db.statement<{ deviceNo: number; after: number; upTo: number }, Row>((q, p) =>
    q
      .selectFrom('inbox as i')
      .innerJoin('bodies as b', 'b.body_id', 'i.body_id')
      .select([
        'i.seq',
        'i.outbound',
        'i.wrap',
        'b.kind',
        'b.type',
        'b.message_id',
        'b.from_aid',
        'b.to_aid',
        'b.t_server',
        'b.sender_device',
        'b.sender_ip',
        'b.content',
      ])
      .where('i.device_no', '=', p.deviceNo)
      .where('i.seq', '>', p.after)
      .where('i.seq', '<=', p.upTo)
      .orderBy('i.seq'),
  );
  const places = db.statement<{ bodyId: number }, { device_no: number; seq: number; outbound: number }>(
    (q, p) => q.selectFrom('inbox').select(['device_no', 'seq', 'outbound']).where('body_id', '=', p.bodyId),
  );
  const removeBody = db.statement<{ bodyId: number }>((q, p) =>
    q.deleteFrom('inbox').where('body_id', '=', p.bodyId),
  );
  const removeUpTo = db.statement<{ deviceNo: number; upTo: number; limit: number }, { body_id: number }>(
    (q, p) =>
      q
        .deleteFrom('inbox')
        .where('device_no', '=', p.deviceNo)
        .where('seq', 'in', (rows) =>
          rows
            .selectFrom('inbox as low')
            .select('low.seq')
            .where('low.device_no', '=', p.deviceNo)
            .where('low.seq', '<=', p.upTo)
            .orderBy('low.seq')
            .limit(p.limit),
        )
        .returning('body_id'),
  );
  const countFrom = db.statement<
    { deviceNo: number; after: number; fromAid: string; limit: number },
    { rows: number }
  >((q, p) =>
    q
      .selectFrom(
        q
          .selectFrom('inbox as i')
          .innerJoin('bodies as b', 'b.body_id', 'i.body_id')
          .select('i.seq')
          .where('i.device_no', '=', p.deviceNo)
          .where('i.seq', '>', p.after)
          .where('b.from_aid', '=', p.fromAid)
          .limit(p.limit)
          .as('unacked'),
      )
      .select((row) => row.fn.countAll<number>().as('rows')),
  );
  const lowest = db.statement<{ deviceNo: number }, { seq: number }>((q, p) =>
    q.selectFrom('inbox').select('seq').where('device_no', '=', p.deviceNo).orderBy('seq').limit(1),
  );
  const last = db.statement<{ deviceNo: number }, { seq: number; message_id: string; from_aid: string }>(
    (q, p) =>
      q
        .selectFrom('inbox as i')
        .innerJoin('bodies as b', 'b.body_id', 'i.body_id')
        .select(['i.seq', 'b.message_id', 'b.from_aid'])
        .where('i.device_no', '=', p.deviceNo)
        .orderBy('i.seq', 'desc')
        .limit(1),
  );
  const count = db.statement<{ deviceNo: number; after: number; upTo: number }, { rows: number }>((q, p) =>
    q
      .selectFrom('inbox')
      .select((row) => row.fn.countAll<number>().as('rows'))
      .where('device_no', '=', p.deviceNo)
      .where('seq', '>', p.after)
      .where('seq', '<=', p.upTo),
  );

  return {
    insert: (row) => void insert.run({ ...row, outbound: row.outbound ? 1 : 0 }),
    scan: (deviceNo, after, limit) => scan.all({ deviceNo, after, limit }),
    read: (deviceNo, after, upTo) => read.all({ deviceNo, after, upTo }).map(decode),
    placesOf: (bodyId) =>
      places
        .all({ bodyId })
        .map((row) => ({ deviceNo: row.device_no, seq: row.seq, outbound: row.outbound === 1 })),
    removeBody: (bodyId) => void removeBody.run({ bodyId }),
    removeUpTo: (deviceNo, upTo, limit) =>
      removeUpTo.all({ deviceNo, upTo, limit }).map((row) => row.body_id),
    countFrom: (deviceNo, after, fromAid, limit) =>
      countFrom.get({ deviceNo, after, fromAid, limit })?.rows ?? 0,
    last(deviceNo) {
      const row = last.get({ deviceNo });
      return row ? { seq: row.seq, messageId: row.message_id, fromAid: row.from_aid } : null;
    },
    lowestSeq: (deviceNo) => lowest.get({ deviceNo })?.seq ?? null,
    count: (deviceNo, after, upTo) => count.get({ deviceNo, after, upTo })?.rows ?? 0,
  };
}
