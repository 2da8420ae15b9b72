import type { Database } from './database.js';

/** A signed prekey as uploaded; texts are base64, the timestamp Unix seconds (03 §3.2). */
export interface PrekeyRow {
  readonly spkId: string;
  readonly spkPk: string;
  readonly spkSignature: string;
  readonly spkTimestamp: number;
}

export interface PrekeyStore {
  current(deviceNo: number): PrekeyRow | null;
  /** Makes this the device's current prekey unless a newer one is stored; earlier ones stay as history. */
  put(deviceNo: number, key: PrekeyRow, nowMs: number): void;
  /** Discards all prekeys of an AID's devices: they are signed by a key that is no longer its own (04 §6.1). */
  discard(aid: string): void;
  /** Drops history older than `beforeMs`. */
  prune(beforeMs: number): void;
}

export function createPrekeyStore(db: Database): PrekeyStore {
  const current = db.statement<
    { deviceNo: number },
    { spk_id: string; spk_pk: string; spk_signature: string; spk_timestamp: number }
  >((q, p) =>
    q
      .selectFrom('device_keys')
      .select(['spk_id', 'spk_pk', 'spk_signature', 'spk_timestamp'])
      .where('device_no', '=', p.deviceNo)
      .where('is_current', '=', 1),
  );
  const retire = db.statement<{ deviceNo: number }>((q, p) =>
    q.updateTable('device_keys').set({ is_current: 0 }).where('device_no', '=', p.deviceNo),
  );
  const insert = db.statement<PrekeyRow & { deviceNo: number; now: number }>((q, p) =>
    q
      .insertInto('device_keys')
      .values({
        device_no: p.deviceNo,
        spk_id: p.spkId,
        spk_pk: p.spkPk,
        spk_signature: p.spkSignature,
        spk_timestamp: p.spkTimestamp,
        is_current: 1,
        created_at: p.now,
      })
      .onConflict((conflict) =>
        conflict.columns(['device_no', 'spk_id']).doUpdateSet((row) => ({
          spk_signature: row.ref('excluded.spk_signature'),
          spk_timestamp: row.ref('excluded.spk_timestamp'),
          is_current: 1,
          created_at: row.ref('excluded.created_at'),
        })),
      ),
  );
  const discard = db.statement<{ aid: string }>((q, p) =>
    q
      .deleteFrom('device_keys')
      .where('device_no', 'in', (inner) =>
        inner.selectFrom('devices').select('device_no').where('owner_aid', '=', p.aid),
      ),
  );
  const prune = db.statement<{ before: number }>((q, p) =>
    q.deleteFrom('device_keys').where('is_current', '=', 0).where('created_at', '<', p.before),
  );

  const find = (deviceNo: number): PrekeyRow | null => {
    const row = current.get({ deviceNo });
    return row
      ? {
          spkId: row.spk_id,
          spkPk: row.spk_pk,
          spkSignature: row.spk_signature,
          spkTimestamp: row.spk_timestamp,
        }
      : null;
  };

  return {
    current: find,
    put(deviceNo, key, now) {
      const stored = find(deviceNo);
      if (stored !== null && stored.spkTimestamp > key.spkTimestamp) return;
      retire.run({ deviceNo });
      insert.run({ ...key, deviceNo, now });
    },
    discard: (aid) => void discard.run({ aid }),
    prune: (before) => void prune.run({ before }),
  };
}
