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

/** Records in memory in front of the storage. Writes only what changed. */
export class RecordBook {
  readonly #records = new Map<string, AgentMdRecord>();
  readonly #loading = new Map<string, Promise<AgentMdRecord>>();

  constructor(
    private readonly storage: AgentMdStore,
    private readonly clock: Pick<Clock, 'now'> = systemClock,
    private readonly logger: Logger = noopLogger,
  ) {}

  /** What is in memory; no I/O. */
  peek(aid: string): AgentMdRecord | undefined {
    return this.#records.get(aid);
  }

  /** Never rejects: an unreadable record counts as empty. */
  async load(aid: string): Promise<AgentMdRecord> {
    const known = this.#records.get(aid);
    if (known !== undefined) return this.#remember(known);
    const running = this.#loading.get(aid);
    if (running !== undefined) return running;
    const loading = this.#read(aid).finally(() => this.#loading.delete(aid));
    this.#loading.set(aid, loading);
    return loading;
  }

  async save(aid: string, change: AgentMdChange): Promise<SaveOutcome> {
    const before = await this.load(aid);
    const latest = this.#records.get(aid) ?? before;
    const after = applyChange(latest, change, this.clock.now());
    const withContent = change.content !== undefined && change.content !== null;
    if (after === latest && !withContent) return { savedTo: null, saveError: null };
    this.#remember(after);
    try {
      const savedTo = await this.storage.saveAgentMd(aid, {
        ...(withContent && after.content !== null ? { content: after.content } : {}),
        record: changedMembers(latest, after),
      });
      return { savedTo, saveError: null };
    } catch (error) {
      const saveError = error instanceof Error ? error.message : String(error);
      this.logger.warn('agent.md: the record cannot be saved', { aid, error: saveError });
      return { savedTo: null, saveError };
    }
  }

  /** Forgets everything in memory, for a change of the storage's root (09 §7.2). */
  clear(): void {
    this.#records.clear();
  }

  async #read(aid: string): Promise<AgentMdRecord> {
    try {
      const record = decodeRecord(aid, await this.storage.loadAgentMd(aid));
      return this.#remember(this.#records.get(aid) ?? record);
    } catch (error) {
      this.logger.warn('agent.md: the record cannot be read', { aid, error: String(error) });
      return emptyRecord(aid);
    }
  }

  #remember(record: AgentMdRecord): AgentMdRecord {
    this.#records.delete(record.aid);
    this.#records.set(record.aid, record);
    const oldest = this.#records.keys().next();
    if (this.#records.size > maxRemembered && !oldest.done) this.#records.delete(oldest.value);
    return record;
  }
}

/** Only what differs, so that a concurrent writer of other members is not undone. */
function changedMembers(before: AgentMdRecord, after: AgentMdRecord): JsonObject {
  const old = encodeRecord(before);
  const always = ['aid', 'local_etag', 'updated_at'];
  return Object.fromEntries(
    Object.entries(encodeRecord(after)).filter(([key, value]) => always.includes(key) || value !== old[key]),
  );
}
