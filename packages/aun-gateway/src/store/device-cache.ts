import { LRUCache } from 'lru-cache';
import type { DeviceRow } from './device-store.js';

/** A row as it is kept: positions move on with the database. */
export type KeptDevice = { -readonly [Field in keyof DeviceRow]: DeviceRow[Field] };

/** AIDs whose devices are kept, and how many of each: as many as messages address at most. */
const MAX_AIDS = 20_000;
const PER_AID = 32;

/** The most recently seen devices of AIDs that send or receive: each message asks for them several times. */
export class DeviceCache {
  readonly #load: (aid: string, limit: number) => KeptDevice[];
  readonly #byNumber = new Map<number, KeptDevice>();
  readonly #byAid = new LRUCache<string, readonly KeptDevice[]>({
    max: MAX_AIDS,
    dispose: (rows) => {
      for (const { deviceNo } of rows) this.#byNumber.delete(deviceNo);
    },
  });

  constructor(load: (aid: string, limit: number) => KeptDevice[]) {
    this.#load = load;
  }

  /** Most recently seen first; null when more are wanted than are kept. */
  list(aid: string, limit: number): readonly KeptDevice[] | null {
    if (limit > PER_AID) return null;
    const rows = this.#rows(aid);
    return rows.length > limit ? rows.slice(0, limit) : rows;
  }

  /** Null when it does not exist or is not kept. */
  find(aid: string, deviceId: string): KeptDevice | null {
    for (const row of this.#rows(aid)) if (row.deviceId === deviceId) return row;
    return null;
  }

  byNumber(deviceNo: number): KeptDevice | undefined {
    return this.#byNumber.get(deviceNo);
  }

  forget(aid: string): void {
    this.#byAid.delete(aid);
  }

  forgetAll(): void {
    this.#byAid.clear();
  }

  #rows(aid: string): readonly KeptDevice[] {
    const kept = this.#byAid.get(aid);
    if (kept !== undefined) return kept;
    const rows = this.#load(aid, PER_AID);
    this.#byAid.set(aid, rows);
    for (const row of rows) this.#byNumber.set(row.deviceNo, row);
    return rows;
  }
}
