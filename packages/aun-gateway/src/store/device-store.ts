import { sql } from 'kysely';
import type { Database } from './database.js';
import { DeviceCache, type KeptDevice } from './device-cache.js';

/** One registered device of an AID (04 §3). `headSeq` and `floorSeq` move on under whoever holds it. */
export interface DeviceRow {
  readonly deviceNo: number;
  readonly deviceId: string;
  readonly headSeq: number;
  readonly floorSeq: number;
  readonly lastSeen: number;
}

export interface OwnedDeviceRow extends DeviceRow {
  readonly ownerAid: string;
}

interface Row {
  device_no: number;
  device_id: string;
  head_seq: number;
  floor_seq: number;
  last_seen: number;
}

const decode = (row: Row): KeptDevice => ({
  deviceNo: row.device_no,
  deviceId: row.device_id,
  headSeq: row.head_seq,
  floorSeq: row.floor_seq,
  lastSeen: row.last_seen,
});

const columns = ['device_no', 'device_id', 'head_seq', 'floor_seq', 'last_seen'] as const;

export interface DeviceStore {
  find(aid: string, deviceId: string): DeviceRow | null;
  byNumber(deviceNo: number): OwnedDeviceRow | null;
  /** Most recently seen first. */
  list(aid: string, limit: number): readonly DeviceRow[];
  /** Creates the row or updates `last_seen`. */
  touch(aid: string, deviceId: string, nowMs: number): DeviceRow;
  /** Allocates the next sequence number of the device (04 §1). */
  nextSeq(deviceNo: number): number;
  /** Raises head to `seq` (04 §13.1); never lowers it. */
  raiseHead(deviceNo: number, seq: number): void;
  raiseFloor(deviceNo: number, seq: number): void;
  position(deviceNo: number): { readonly headSeq: number; readonly floorSeq: number };
}

/** One per database: whoever writes a position, all see it. */
const caches = new WeakMap<Database, DeviceCache>();

const cacheOf = (db: Database, load: (aid: string, limit: number) => KeptDevice[]): DeviceCache => {
  const known = caches.get(db);
  if (known !== undefined) return known;
  const cache = new DeviceCache(load);
  db.onUnknownChange(() => cache.forgetAll());
  caches.set(db, cache);
  return cache;
};

export function createDeviceStore(db: Database): DeviceStore {
  const find = db.statement<{ aid: string; deviceId: string }, Row>((q, p) =>
    q
      .selectFrom('devices')
      .select(columns)
      .where('owner_aid', '=', p.aid)
      .where('device_id', '=', p.deviceId),
  );
  const byNumber = db.statement<{ deviceNo: number }, Row & { owner_aid: string }>((q, p) =>
    q
      .selectFrom('devices')
      .select([...columns, 'owner_aid'])
      .where('device_no', '=', p.deviceNo),
  );
  const list = db.statement<{ aid: string; limit: number }, Row>((q, p) =>
    q
      .selectFrom('devices')
      .select(columns)
      .where('owner_aid', '=', p.aid)
      .orderBy('last_seen', 'desc')
      .limit(p.limit),
  );
  const upsert = db.statement<{ aid: string; deviceId: string; now: number }, Row>((q, p) =>
    q
      .insertInto('devices')
      .values({ owner_aid: p.aid, device_id: p.deviceId, first_seen: p.now, last_seen: p.now })
      .onConflict((conflict) =>
        conflict
          .columns(['owner_aid', 'device_id'])
          .doUpdateSet({ last_seen: sql`max(last_seen, excluded.last_seen)` }),
      )
      .returning(columns),
  );
  const advance = db.statement<{ deviceNo: number }, { head_seq: number }>((q, p) =>
    q
      .updateTable('devices')
      .set({ head_seq: sql`head_seq + 1` })
      .where('device_no', '=', p.deviceNo)
      .returning('head_seq'),
  );
  const setHead = db.statement<{ deviceNo: number; seq: number }>((q, p) =>
    q.updateTable('devices').set({ head_seq: p.seq }).where('device_no', '=', p.deviceNo),
  );
  const raiseHead = db.statement<{ deviceNo: number; seq: number }>((q, p) =>
    q
      .updateTable('devices')
      .set({ head_seq: p.seq })
      .where('device_no', '=', p.deviceNo)
      .where('head_seq', '<', p.seq),
  );
  const raiseFloor = db.statement<{ deviceNo: number; seq: number }>((q, p) =>
    q
      .updateTable('devices')
      .set({ floor_seq: p.seq })
      .where('device_no', '=', p.deviceNo)
      .where('floor_seq', '<', p.seq),
  );
  const position = db.statement<{ deviceNo: number }, { head_seq: number; floor_seq: number }>((q, p) =>
    q.selectFrom('devices').select(['head_seq', 'floor_seq']).where('device_no', '=', p.deviceNo),
  );

  const cache = cacheOf(db, (aid, limit) => list.all({ aid, limit }).map(decode));

  const fromDisk = (aid: string, deviceId: string): DeviceRow | null => {
    const row = find.get({ aid, deviceId });
    return row ? decode(row) : null;
  };

  return {
    find: (aid, deviceId) => cache.find(aid, deviceId) ?? fromDisk(aid, deviceId),
    byNumber(deviceNo) {
      const row = byNumber.get({ deviceNo });
      return row ? { ...decode(row), ownerAid: row.owner_aid } : null;
    },
    list: (aid, limit) => cache.list(aid, limit) ?? list.all({ aid, limit }).map(decode),
    touch(aid, deviceId, now) {
      cache.forget(aid);
      const row = upsert.get({ aid, deviceId, now });
      if (!row) throw new Error('the device row was not returned');
      return decode(row);
    },
    nextSeq(deviceNo) {
      const kept = cache.byNumber(deviceNo);
      if (kept !== undefined) {
        kept.headSeq += 1;
        setHead.run({ deviceNo, seq: kept.headSeq });
        return kept.headSeq;
      }
      const row = advance.get({ deviceNo });
      if (!row) throw new Error(`device ${deviceNo} does not exist`);
      return row.head_seq;
    },
    raiseHead(deviceNo, seq) {
      raiseHead.run({ deviceNo, seq });
      const kept = cache.byNumber(deviceNo);
      if (kept !== undefined) kept.headSeq = Math.max(kept.headSeq, seq);
    },
    raiseFloor(deviceNo, seq) {
      raiseFloor.run({ deviceNo, seq });
      const kept = cache.byNumber(deviceNo);
      if (kept !== undefined) kept.floorSeq = Math.max(kept.floorSeq, seq);
    },
    position(deviceNo) {
      const row = position.get({ deviceNo });
      return { headSeq: row?.head_seq ?? 0, floorSeq: row?.floor_seq ?? 0 };
    },
  };
}
