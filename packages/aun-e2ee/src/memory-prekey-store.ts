import type { PrekeyRecord } from 'aun-core';
import type { SessionPrekeyStore } from './session-options.js';

/** A prekey store that lives as long as the process: for tests, examples and throw-away identities. */
export class MemoryPrekeyStore implements SessionPrekeyStore {
  readonly #records = new Map<string, PrekeyRecord>();
  readonly #uploaded = new Map<string, string[]>();

  async savePrekey(aid: string, deviceId: string, prekey: PrekeyRecord): Promise<void> {
    this.#records.set(scoped(aid, deviceId, prekey.groupId, prekey.spkId), prekey);
  }

  async currentPrekeyOrCreate(aid: string, deviceId: string, candidate: PrekeyRecord): Promise<PrekeyRecord> {
    const current = this.#newestFirst(aid, deviceId, candidate.groupId)[0];
    if (current !== undefined) return current;
    await this.savePrekey(aid, deviceId, candidate);
    return candidate;
  }

  async loadPrekey(
    aid: string,
    deviceId: string,
    groupId: string,
    spkId: string,
  ): Promise<PrekeyRecord | null> {
    return this.#records.get(scoped(aid, deviceId, groupId, spkId)) ?? null;
  }

  async loadCurrentPrekey(aid: string, deviceId: string, groupId: string): Promise<PrekeyRecord | null> {
    return this.#newestFirst(aid, deviceId, groupId)[0] ?? null;
  }

  async listPrekeys(aid: string, deviceId: string, groupId: string) {
    return this.#newestFirst(aid, deviceId, groupId).map(({ spkId, createdAt }) => ({ spkId, createdAt }));
  }

  async deletePrekey(aid: string, deviceId: string, groupId: string, spkId: string): Promise<void> {
    this.#records.delete(scoped(aid, deviceId, groupId, spkId));
    const list = scoped(aid, deviceId, groupId, '');
    this.#uploaded.set(
      list,
      (this.#uploaded.get(list) ?? []).filter((id) => id !== spkId),
    );
  }

  async markPrekeyUploaded(aid: string, deviceId: string, groupId: string, spkId: string): Promise<void> {
    const list = scoped(aid, deviceId, groupId, '');
    this.#uploaded.set(list, [...(this.#uploaded.get(list) ?? []).filter((id) => id !== spkId), spkId]);
  }

  async loadLatestUploadedPrekeyId(aid: string, deviceId: string, groupId: string): Promise<string | null> {
    const marked = this.#uploaded.get(scoped(aid, deviceId, groupId, '')) ?? [];
    return marked.findLast((id) => this.#records.has(scoped(aid, deviceId, groupId, id))) ?? null;
  }

  async loadIdentityKeyAlias(): Promise<Uint8Array | null> {
    return null;
  }

  #newestFirst(aid: string, deviceId: string, groupId: string): PrekeyRecord[] {
    const prefix = scoped(aid, deviceId, groupId, '');
    const own = [...this.#records].filter(([id]) => id.startsWith(prefix)).map(([, record]) => record);
    return own.sort(
      (a, b) => b.createdAt - a.createdAt || Number(b.spkId > a.spkId) - Number(b.spkId < a.spkId),
    );
  }
}

function scoped(aid: string, deviceId: string, groupId: string, spkId: string): string {
  return JSON.stringify([aid, deviceId, groupId]) + spkId;
}
