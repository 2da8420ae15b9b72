import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.js';
import { createDeviceStore, type DeviceStore } from '../../src/store/device-store.js';
import { migrations } from '../../src/store/migrations/all.js';
import { migrate } from '../../src/store/migrations.js';

const otto = 'otto.demo.example';

describe('devices in memory are the devices on disk', () => {
  let db: Database;
  let devices: DeviceStore;
  beforeEach(() => {
    db = openDatabase(':memory:');
    migrate(db, migrations, 1);
    devices = createDeviceStore(db);
    devices.touch(otto, 'd-1', 10);
    devices.touch(otto, 'd-2', 20);
  });
  afterEach(() => db.close());

  const onDisk = () =>
    db.rawAll(
      'SELECT device_no, device_id, head_seq, floor_seq, last_seen FROM devices ORDER BY last_seen DESC',
    );
  const inMemory = () =>
    devices.list(otto, 32).map((row) => ({
      device_no: row.deviceNo,
      device_id: row.deviceId,
      head_seq: row.headSeq,
      floor_seq: row.floorSeq,
      last_seen: row.lastSeen,
    }));

  it('after seqs, raised heads and floors, a new device and one that was seen again', () => {
    const [newest] = devices.list(otto, 32);
    const deviceNo = newest?.deviceNo ?? 0;
    expect([devices.nextSeq(deviceNo), devices.nextSeq(deviceNo)]).toEqual([1, 2]);
    devices.raiseHead(deviceNo, 9);
    devices.raiseHead(deviceNo, 5);
    devices.raiseFloor(deviceNo, 3);
    expect(devices.nextSeq(deviceNo)).toBe(10);
    expect(inMemory()).toEqual(onDisk());
    devices.touch(otto, 'd-1', 30);
    devices.touch(otto, 'd-3', 40);
    expect(devices.list(otto, 2).map((row) => row.deviceId)).toEqual(['d-3', 'd-1']);
    expect(devices.find(otto, 'd-2')).toMatchObject({ headSeq: 10, floorSeq: 3 });
    expect(inMemory()).toEqual(onDisk());
  });

  it('after a rollback, and after SQL that the store does not know', () => {
    const deviceNo = devices.find(otto, 'd-1')?.deviceNo ?? 0;
    expect(() =>
      db.transaction(() => {
        devices.nextSeq(deviceNo);
        devices.touch(otto, 'd-4', 50);
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(inMemory()).toEqual(onDisk());
    expect(devices.nextSeq(deviceNo)).toBe(1);
    db.exec("UPDATE devices SET head_seq = 70 WHERE device_id = 'd-1'");
    expect(devices.nextSeq(deviceNo)).toBe(71);
    expect(inMemory()).toEqual(onDisk());
  });

  it('for every store of the database', () => {
    const deviceNo = devices.find(otto, 'd-1')?.deviceNo ?? 0;
    createDeviceStore(db).raiseFloor(deviceNo, 4);
    expect(devices.find(otto, 'd-1')).toMatchObject({ floorSeq: 4 });
  });
});
