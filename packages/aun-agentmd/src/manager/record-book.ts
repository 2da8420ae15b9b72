import {
  type AgentMdStore,
  type Clock,
  type JsonObject,
  type Logger,
  noopLogger,
  systemClock,
} from 'aun-core';
import {
  type AgentMdChange,
  type AgentMdRecord,
  applyChange,
  decodeRecord,
  emptyRecord,
  encodeRecord,
} from './record.js';

/** Where a change went; a failure never breaks the operation that caused it (09 §7.1). */
export interface SaveOutcome {
  readonly savedTo: string | null;
  readonly saveError: string | null;
}

const maxRemembered = 2000;

/** `agentmd.json` as it lies in the storage; `null` when it could not be read. */
type StoredMembers = JsonObject | null;

/** What to change, or how to find out from the stored record; `undefined` changes nothing. */
export type ChangeRequest = AgentMdChange | ((stored: AgentMdRecord) => AgentMdChange | undefined);

const nothingSaved: SaveOutcome = { savedTo: null, saveError: null };

/**
 * Records in the storage, which people and other processes change too: every load and save reads it again. Memory only
 * serves those who must not wait. Work on one AID goes one after the other. Writes only what changed.
 */
export class RecordBook {
  readonly #records = new Map<string, AgentMdRecord>();
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(
    private readonly storage: AgentMdStore,
    private readonly clock: Pick<Clock, 'now'> = systemClock,
    private readonly logger: Logger = noopLogger,
  ) {}

  /** What was last seen; no I/O. */
  peek(aid: string): AgentMdRecord | undefined {
    return this.#records.get(aid);
  }

  /** What was last seen, else what is stored: for hints, of which every message carries some. Never rejects. */
  async recall(aid: string): Promise<AgentMdRecord> {
    const known = this.#records.get(aid);
    return known === undefined ? this.load(aid) : this.#remember(known);
  }

  /** What is stored. Never rejects: an unreadable record counts as empty. */
  load(aid: string): Promise<AgentMdRecord> {
    return this.#alone(aid, async () => (await this.#read(aid)).record);
  }

  /** Never rejects. */
  save(aid: string, request: ChangeRequest): Promise<SaveOutcome> {
    return this.#alone(aid, () => this.#save(aid, request));
  }

  /** Forgets everything in memory, for a change of the storage's root (09 §7.2). */
  clear(): void {
    this.#records.clear();
  }

  async #save(aid: string, request: ChangeRequest): Promise<SaveOutcome> {
    const { record, members } = await this.#read(aid);
    const change = typeof request === 'function' ? request(record) : request;
    if (change === undefined) return nothingSaved;
    const after = applyChange(record, change, this.clock.now());
    const withContent = change.content !== undefined && change.content !== null;
    if (after === record && !withContent) return nothingSaved;
    if (members !== null) this.#remember(after);
    try {
      const savedTo = await this.storage.saveAgentMd(aid, {
        ...(withContent && after.content !== null ? { content: after.content } : {}),
        record: changedMembers(members, record, after),
      });
      return { savedTo, saveError: null };
    } catch (error) {
      const saveError = error instanceof Error ? error.message : String(error);
      this.logger.warn('agent.md: the record cannot be saved', { aid, error: saveError });
      return { savedTo: null, saveError };
    }
  }

  async #read(aid: string): Promise<{ record: AgentMdRecord; members: StoredMembers }> {
    try {
      const entry = await this.storage.loadAgentMd(aid);
      return { record: this.#remember(decodeRecord(aid, entry)), members: entry.record };
    } catch (error) {
      this.logger.warn('agent.md: the record cannot be read', { aid, error: String(error) });
      return { record: emptyRecord(aid), members: null };
    }
  }

  /** `work` must not reject. */
  #alone<T>(aid: string, work: () => Promise<T>): Promise<T> {
    const mine = (this.#last.get(aid) ?? Promise.resolve()).then(work);
    this.#last.set(aid, mine);
    void mine.finally(() => {
      if (this.#last.get(aid) === mine) this.#last.delete(aid);
    });
    return mine;
  }

  #remember(record: AgentMdRecord): AgentMdRecord {
    this.#records.delete(record.aid);
    this.#records.set(record.aid, record);
    const oldest = this.#records.keys().next();
    if (this.#records.size > maxRemembered && !oldest.done) this.#records.delete(oldest.value);
    return record;
  }
}

/**
 * Only what differs, so that a concurrent writer of other members is not undone, and what the file lacks: it always has
 * every member (09 §7.1). Of a file that could not be read nothing can be said to be missing.
 */
function changedMembers(members: StoredMembers, before: AgentMdRecord, after: AgentMdRecord): JsonObject {
  const old = members ?? encodeRecord(before);
  const always = ['aid', 'local_etag', 'updated_at'];
  return Object.fromEntries(
    Object.entries(encodeRecord(after)).filter(([key, value]) => always.includes(key) || value !== old[key]),
  );
}
