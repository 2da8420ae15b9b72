import type { AgentMdEntry, JsonObject, JsonValue } from 'aun-core';
import { contentEtag } from '../content.js';

export type RemoteStatus = 'found' | 'missing' | 'error' | 'unknown';

/** What is known about the card of one AID (09 §7.1). Times in ms, 0 when never. */
export interface AgentMdRecord {
  readonly aid: string;
  readonly content: Uint8Array | null;
  readonly localEtag: string;
  readonly remoteEtag: string;
  readonly lastModified: string;
  readonly fetchedAt: number;
  readonly checkedAt: number;
  readonly observedAt: number;
  readonly updatedAt: number;
  readonly remoteStatus: RemoteStatus;
  readonly verifyStatus: string;
  readonly verifyError: string;
  readonly lastError: string;
}

/** Members to change; `undefined` leaves a member as it is. `localEtag` follows from `content`. */
export type AgentMdChange = {
  readonly [K in Exclude<keyof AgentMdRecord, 'aid' | 'localEtag' | 'updatedAt'>]?:
    | AgentMdRecord[K]
    | undefined;
};

export function emptyRecord(aid: string): AgentMdRecord {
  return decodeRecord(aid, { content: null, record: {} });
}

/** Reads `agentmd.json`; members of the wrong type count as absent. The content wins over the stored ETag (09 §7.1). */
export function decodeRecord(aid: string, { content, record }: AgentMdEntry): AgentMdRecord {
  return {
    aid,
    content,
    localEtag: content === null ? '' : contentEtag(content),
    remoteEtag: text(record.remote_etag),
    lastModified: text(record.last_modified),
    fetchedAt: time(record.fetched_at),
    checkedAt: time(record.checked_at),
    observedAt: time(record.observed_at),
    updatedAt: time(record.updated_at),
    remoteStatus: remoteStatus(record.remote_status),
    verifyStatus: text(record.verify_status),
    verifyError: text(record.verify_error),
    lastError: text(record.last_error),
  };
}

/** `agentmd.json` of a record, without the content. */
export function encodeRecord(record: AgentMdRecord): JsonObject {
  return {
    aid: record.aid,
    local_etag: record.localEtag,
    remote_etag: record.remoteEtag,
    last_modified: record.lastModified,
    fetched_at: record.fetchedAt,
    checked_at: record.checkedAt,
    observed_at: record.observedAt,
    updated_at: record.updatedAt,
    remote_status: record.remoteStatus,
    verify_status: record.verifyStatus,
    verify_error: record.verifyError,
    last_error: record.lastError,
  };
}

/** The record after a change; the same object when nothing differs. */
export function applyChange(record: AgentMdRecord, change: AgentMdChange, nowMs: number): AgentMdRecord {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const merged: AgentMdRecord = { ...record, ...given };
  const next = { ...merged, localEtag: merged.content === null ? '' : localEtag(record, merged.content) };
  return sameRecord(record, next) ? record : { ...next, updatedAt: nowMs };
}

function localEtag(before: AgentMdRecord, content: Uint8Array): string {
  return content === before.content ? before.localEtag : contentEtag(content);
}

function sameRecord(a: AgentMdRecord, b: AgentMdRecord): boolean {
  const { content: _a, ...left } = a;
  const { content: _b, ...right } = b;
  return JSON.stringify(left) === JSON.stringify(right);
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function time(value: JsonValue | undefined): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}

function remoteStatus(value: JsonValue | undefined): RemoteStatus {
  return value === 'found' || value === 'missing' || value === 'error' ? value : 'unknown';
}
