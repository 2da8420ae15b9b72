import { type Clock, type ErrorInfo, type Result, resultOk } from 'aun-core';
import { LRUCache } from 'lru-cache';
import type { AgentMdLookup, AgentMdVersion } from '../../ports.js';
import type { GroupCommit } from '../../store/group-commit.js';
import type { AgentMdRow } from '../../store/tables/identity.js';
import type { Directory } from '../identity/directory.js';
import type { AgentMdStore } from './agent-md-store.js';
import { readDocument } from './document.js';

/** A published document, byte for byte as its owner sent it. */
export interface StoredAgentMd extends AgentMdVersion {
  readonly content: Uint8Array;
  readonly visibility: string;
}

/** Why a document was refused, as the HTTP side answers it (09 §6.2). */
export interface PublishError extends ErrorInfo<'refused'> {
  readonly status: 400 | 403;
  readonly text: string;
}

export type PublishResult =
  | { readonly ok: true; readonly data: { readonly document: StoredAgentMd; readonly created: boolean } }
  | { readonly ok: false; readonly error: PublishError };

export interface AgentMdDeps {
  readonly store: AgentMdStore;
  readonly commit: GroupCommit;
  readonly directory: Directory;
  readonly clock: Clock;
  /** A document appeared, changed or went away; called before the publisher gets its answer. */
  readonly onChanged: (aid: string) => void;
  /** Judges the signature when only signed documents are accepted. */
  readonly verifySignature?: (content: Uint8Array, aid: string) => Result<unknown>;
}

const refuse = (status: 400 | 403, text: string): PublishResult => ({
  ok: false,
  error: { code: 'refused', message: text, status, text },
});

const toDocument = (row: AgentMdRow): StoredAgentMd => ({
  content: new Uint8Array(row.content),
  etag: row.etag,
  lastModified: new Date(row.modified_at * 1000).toUTCString(),
  visibility: row.visibility,
});

/** The name service part of the gateway: one document per AID (09 §6). */
export class AgentMdService implements AgentMdLookup {
  readonly #deps: AgentMdDeps;
  readonly #versions = new LRUCache<string, { readonly version: AgentMdVersion | null }>({ max: 20_000 });

  constructor(deps: AgentMdDeps) {
    this.#deps = deps;
  }

  read(aid: string): StoredAgentMd | undefined {
    const row = this.#deps.store.find(aid);
    return row === undefined ? undefined : toDocument(row);
  }

  /** Public documents of an issuer, the last changed first. */
  publicOf(issuer: string, limit: number): { readonly aid: string; readonly document: StoredAgentMd }[] {
    return this.#deps.store
      .listPublic(issuer, limit)
      .map((row) => ({ aid: row.aid, document: toDocument(row) }));
  }

  /** Null for private documents too: nobody could fetch what is announced (02 §8, 09 §6.3). */
  version(aid: string): AgentMdVersion | null {
    const known = this.#versions.get(aid);
    if (known !== undefined) return known.version;
    const document = this.read(aid);
    const version =
      document === undefined || document.visibility === 'private'
        ? null
        : { etag: document.etag, lastModified: document.lastModified };
    this.#versions.set(aid, { version });
    return version;
  }

  /** Checks 4 to 6 of 09 §6.2, then stores. The same bytes again change nothing. */
  async publish(aid: string, content: Uint8Array): Promise<PublishResult> {
    const { store, directory, clock, verifySignature } = this.#deps;
    const facts = readDocument(content, aid);
    if (!facts.ok) return refuse(400, facts.error.message);
    if (!directory.isActive(aid)) return refuse(403, 'aid not active');
    const signed = verifySignature?.(content, aid);
    if (signed?.ok === false) return refuse(400, `signature required: ${signed.error.message}`);
    const before = this.read(aid);
    if (before?.etag === facts.data.etag) return resultOk({ document: before, created: false });
    const row: AgentMdRow = {
      aid,
      content,
      etag: facts.data.etag,
      visibility: facts.data.visibility,
      modified_at: Math.floor(clock.now() / 1000),
    };
    await this.#deps.commit.run(() => store.put(row));
    this.#changed(aid);
    return resultOk({ document: toDocument(row), created: before === undefined });
  }

  async remove(aid: string): Promise<boolean> {
    const removed = await this.#deps.commit.run(() => this.#deps.store.remove(aid));
    if (removed) this.#changed(aid);
    return removed;
  }

  #changed(aid: string): void {
    this.#versions.delete(aid);
    this.#deps.onChanged(aid);
  }
}
