import { ErrorCodes, noopLogger, type Result, resultErr, systemClock } from 'aun-core';
import { parseCardOwner } from './card-owner.js';
import { checkCard, headAndRecord } from './check.js';
import { type DownloadContext, type DownloadOutcome, demandVerified, downloadCard } from './download.js';
import { DownloadQueue } from './download-queue.js';
import {
  type AgentMdObservation,
  readEnvelopeObservations,
  readMetaObservations,
  readObservation,
} from './observations.js';
import type { AgentMdPorts } from './ports.js';
import type { AgentMdChange, AgentMdRecord } from './record.js';
import { RecordBook, type SaveOutcome } from './record-book.js';
import type {
  AgentMdManagerErrorCode,
  CheckAgentMdResult,
  FetchAgentMdResult,
  HeadAgentMdResult,
  UploadAgentMdResult,
} from './results.js';
import { type UploadOptions, uploadCard } from './upload.js';

export interface DownloadOptions {
  /** Default 30 000. */
  readonly timeoutMs?: number | undefined;
  /** Turn a card that is unsigned or invalid into an error (07 §3.8). It is stored all the same. */
  readonly requireVerified?: boolean | undefined;
}

export interface CheckOptions {
  /** Start a background download when the card exists and no content was ever stored (09 §7.4). */
  readonly downloadIfNeverStored?: boolean | undefined;
}

/** Next try of a failed background download, at the earliest (09 §8.2). */
const retryAfterMs = 600_000;

const maxPendingObservations = 1000;

/**
 * Cards of agents and groups: fetch, verify, publish, cache, and react to ETags seen in traffic (09 §7, §8.2). Storage,
 * HTTP, certificate look-up and clock are injected. Fallible calls return a `Result` and do not throw; observations
 * never disturb their caller.
 *
 * @example
 * const cards = new AgentMdManager({ storage, http, urlOf: (aid) => agentMdUrl(aid), findCertificate });
 * const card = await cards.download('nora.example.test');
 */
export class AgentMdManager {
  readonly #context: DownloadContext;
  readonly #queue = new DownloadQueue<DownloadOutcome>();
  readonly #notBefore = new Map<string, number>();
  readonly #background = new Set<Promise<unknown>>();
  #closed = false;

  constructor(ports: AgentMdPorts) {
    const clock = ports.clock ?? systemClock;
    this.#context = { ports, clock, book: new RecordBook(ports.storage, clock, ports.logger ?? noopLogger) };
  }

  /** Codes `AGENTMD_NOT_FOUND`, `INVALID_AID_FORMAT`, `NETWORK_ERROR`; with `requireVerified` the signature codes. */
  async download(
    aid: string,
    options: DownloadOptions = {},
  ): Promise<Result<FetchAgentMdResult, AgentMdManagerErrorCode>> {
    const owner = parseCardOwner(aid);
    if (!owner.ok) return owner;
    const outcome = await this.#queue.run(owner.data, () =>
      downloadCard(this.#context, owner.data, options.timeoutMs ?? 30_000),
    );
    return options.requireVerified === true ? demandVerified(outcome) : outcome;
  }

  /** Is the stored card the published one? A record checked within `ttlDays` answers without network; 0 forces a HEAD. */
  async check(
    aid: string,
    ttlDays = 1,
    options: CheckOptions = {},
  ): Promise<Result<CheckAgentMdResult, AgentMdManagerErrorCode>> {
    const owner = parseCardOwner(aid);
    if (!owner.ok) return owner;
    const checked = await checkCard(this.#context, owner.data, ttlDays);
    if (checked.ok && checked.data.remote_found && options.downloadIfNeverStored === true) {
      this.#inBackground(this.#downloadIfNeverStored(owner.data));
    }
    return checked;
  }

  /** Metadata of the published card; 404 is `AGENTMD_NOT_FOUND`. */
  async head(aid: string): Promise<Result<HeadAgentMdResult, AgentMdManagerErrorCode>> {
    const owner = parseCardOwner(aid);
    if (!owner.ok) return owner;
    const head = await headAndRecord(this.#context, owner.data);
    return head.ok && !head.data.found
      ? resultErr(ErrorCodes.AGENTMD_NOT_FOUND, `${owner.data} has no agent.md`)
      : head;
  }

  /** Codes `AGENTMD_PARSE_ERROR`, `PRIVATE_KEY_NOT_VALID`, `AGENTMD_NOT_FOUND`, `NETWORK_ERROR` (07 §3.9). */
  async upload(
    aid: string,
    options: UploadOptions,
  ): Promise<Result<UploadAgentMdResult, AgentMdManagerErrorCode>> {
    const owner = parseCardOwner(aid);
    return owner.ok ? uploadCard(this.#context, owner.data, options) : owner;
  }

  /** One hint `{ aid, etag, last_modified }`. Returns at once. */
  observeMeta(entry: unknown): void {
    const observation = readObservation(entry);
    if (observation !== undefined) this.#observe([observation]);
  }

  /** Top-level `_meta` of a JSON-RPC message (09 §8.1). Returns at once. */
  observeRpcMeta(meta: unknown): void {
    this.#observe(readMetaObservations(meta, this.#ownAid()));
  }

  /** A stored envelope with `agent_md` (09 §8.1). Returns at once. */
  observeEnvelope(envelope: unknown): void {
    this.#observe(readEnvelopeObservations(envelope));
  }

  /**
   * `_agent_md` of an event: the ETags of the own card, or `null` when none is known (09 §9). From memory only; call
   * `loadRecord` once for the own AID to fill it.
   */
  eventSnapshot(): { readonly local_etag: string; readonly remote_etag: string } | null {
    const own = this.#ownAid();
    const record = own === null ? undefined : this.#context.book.peek(own);
    if (record === undefined || (record.localEtag === '' && record.remoteEtag === '')) return null;
    return { local_etag: record.localEtag, remote_etag: record.remoteEtag };
  }

  /** Read from the storage. Never rejects; an unknown AID has an empty record. */
  loadRecord(aid: string): Promise<AgentMdRecord> {
    return this.#context.book.load(aid);
  }

  /** Writes only if something changes; a failure is reported, not thrown. */
  saveRecord(aid: string, change: AgentMdChange): Promise<SaveOutcome> {
    return this.#context.book.save(aid, change);
  }

  /** Drops what is in memory (09 §7.2). */
  clearMemory(): void {
    this.#context.book.clear();
    this.#notBefore.clear();
  }

  /** Resolves when no background work is left. */
  async idle(): Promise<void> {
    while (this.#background.size > 0) await Promise.allSettled(this.#background);
  }

  /** No new background work; what runs is awaited. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.idle();
  }

  #ownAid(): string | null {
    return this.#context.ports.ownAid?.() ?? null;
  }

  #observe(observations: readonly AgentMdObservation[]): void {
    for (const observation of observations) {
      if (this.#background.size < maxPendingObservations) this.#inBackground(this.#record(observation));
    }
  }

  async #record({ aid, etag, lastModified }: AgentMdObservation): Promise<void> {
    const { book, clock } = this.#context;
    const isKnown = (record: AgentMdRecord) =>
      (etag === '' || etag === record.remoteEtag) &&
      (lastModified === '' || lastModified === record.lastModified);
    const news = () => ({
      remoteEtag: etag || undefined,
      lastModified: lastModified || undefined,
      observedAt: clock.now(),
      remoteStatus: 'found' as const,
    });
    if (!isKnown(await book.recall(aid))) {
      await book.save(aid, (stored) => (isKnown(stored) ? undefined : news()));
    }
    await this.#downloadIfNeverStored(aid);
  }

  async #downloadIfNeverStored(aid: string): Promise<void> {
    const { book, clock } = this.#context;
    const wasStored = ({ content, fetchedAt }: AgentMdRecord) => content !== null || fetchedAt > 0;
    if (this.#closed || wasStored(await book.recall(aid))) return;
    if (clock.now() < (this.#notBefore.get(aid) ?? 0)) return;
    // Another process may have fetched it.
    if (wasStored(await book.load(aid)) || this.#closed) return;
    const outcome = await this.#queue.offer(aid, () => downloadCard(this.#context, aid, 30_000));
    if (outcome === undefined) return;
    if (outcome.ok) {
      this.#context.ports.onUpdated?.(aid, outcome.data.etag);
      return;
    }
    this.#postpone(aid);
    if (outcome.error.code === ErrorCodes.NETWORK_ERROR) await book.save(aid, { remoteStatus: 'found' });
  }

  #postpone(aid: string): void {
    const oldest = this.#notBefore.keys().next();
    if (this.#notBefore.size >= maxPendingObservations && !oldest.done) this.#notBefore.delete(oldest.value);
    this.#notBefore.set(aid, this.#context.clock.now() + retryAfterMs);
  }

  #inBackground(work: Promise<void>): void {
    const settled = work
      .catch((error: unknown) => {
        this.#context.ports.logger?.warn('agent.md: an observation failed', { error: String(error) });
      })
      .finally(() => this.#background.delete(settled));
    this.#background.add(settled);
  }
}
