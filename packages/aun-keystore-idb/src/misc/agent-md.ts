import {
  type AgentMdEntry,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  KeyStoreError,
  tryParseJson,
} from 'aun-core';
import { hexEncode, sha256, utf8Encode } from 'aun-crypto';
import type { StoreContext } from '../context.js';
import { bytesOf } from '../db/device-keys-database.js';
import { readIn, writeIn } from '../db/transact.js';
import { agentMdKey, entryName } from '../record-keys.js';

const STORE = 'agent_md_cache';

/** What an application may change of a cached card; members set to undefined or null stay as they are. */
export interface AgentMdChange {
  readonly content?: Uint8Array;
  readonly record?: { readonly [key: string]: JsonValue | undefined };
}

interface CardKeys {
  readonly card: string;
  readonly record: string;
  readonly savedTo: string;
}

function cardKeys(context: StoreContext, aid: string): CardKeys {
  entryName(aid);
  const root = context.agentMdRoot;
  return {
    card: agentMdKey(root, `${aid}/agent.md`),
    record: agentMdKey(root, `${aid}/agentmd.json`),
    savedTo: `${root}/${aid}/agent.md`,
  };
}

/** Card and metadata of an AID (09 §7.3). `local_etag` is computed from the content, which wins. */
export async function loadAgentMd(context: StoreContext, aid: string): Promise<AgentMdEntry> {
  const keys = cardKeys(context, aid);
  const read = (): Promise<readonly [unknown, unknown]> =>
    readIn(context.keystore, [STORE], (transaction) => {
      const store = transaction.objectStore(STORE);
      return Promise.all([
        store.get(keys.card) as Promise<unknown>,
        store.get(keys.record) as Promise<unknown>,
      ]);
    });
  const [card, record] = await orInMemory(read, () => [
    context.cardsInMemory.get(keys.card),
    context.cardsInMemory.get(keys.record),
  ]);
  return entryOf(card, record);
}

/** Writes both records, when something changed. Returns `{root}/{aid}/agent.md`. */
export async function saveAgentMd(
  context: StoreContext,
  aid: string,
  change: AgentMdChange,
): Promise<string> {
  const keys = cardKeys(context, aid);
  const now = context.clock.now();
  const write = (): Promise<boolean> =>
    writeIn(
      context.keystore,
      [STORE],
      async (transaction) => {
        const store = transaction.objectStore(STORE);
        const next = changed(aid, await store.get(keys.card), await store.get(keys.record), change, now);
        if (next === null) return false;
        if (next.card !== null) await store.put(next.card, keys.card);
        await store.put(next.record, keys.record);
        return true;
      },
      'relaxed',
    );
  const isChanged = await orInMemory(write, () => {
    const memory = context.cardsInMemory;
    const next = changed(aid, memory.get(keys.card), memory.get(keys.record), change, now);
    if (next !== null && next.card !== null) memory.set(keys.card, next.card);
    if (next !== null) memory.set(keys.record, next.record);
    return next !== null;
  });
  if (isChanged) context.notices.tell('cards', aid);
  return keys.savedTo;
}

/** The two records to write; null when nothing changed. */
function changed(
  aid: string,
  card: unknown,
  record: unknown,
  change: AgentMdChange,
  now: number,
): { readonly card: object | null; readonly record: object } | null {
  const before = entryOf(card, record);
  const content = change.content ?? before.content;
  const etag = content === null ? {} : { local_etag: etagOf(content) };
  const after = { ...before.record, aid, ...definedMembers(change.record ?? {}), ...etag };
  const isSame =
    JSON.stringify(after) === JSON.stringify(before.record) && sameBytes(content, before.content);
  if (isSame) return null;
  const members = { ...after, updated_at: now };
  return {
    card: content === null ? null : { ...members, ...storedContent(content) },
    record: { ...members, content: `${JSON.stringify(members, null, 2)}\n` },
  };
}

/** The public SDK stores text; bytes that are no text are kept beside it, or their ETag would be another. */
function storedContent(bytes: Uint8Array): { readonly content: string; readonly content_bytes?: Uint8Array } {
  const content = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  return sameBytes(utf8Encode(content), bytes) ? { content } : { content, content_bytes: bytes };
}

function entryOf(card: unknown, record: unknown): AgentMdEntry {
  const content = contentOf(card);
  const members = membersOf(record) ?? membersOfCard(card) ?? {};
  return { content, record: content === null ? members : { ...members, local_etag: etagOf(content) } };
}

function contentOf(card: unknown): Uint8Array | null {
  if (typeof card !== 'object' || card === null) return null;
  const { content, content_bytes: bytes } = card as { readonly [name: string]: unknown };
  return bytesOf(bytes) ?? (typeof content === 'string' ? utf8Encode(content) : null);
}

/** A damaged record counts as empty. */
function membersOf(record: unknown): JsonObject | null {
  const text = isJsonObject(record) ? record.content : undefined;
  const members = typeof text === 'string' ? tryParseJson(text) : undefined;
  return isJsonObject(members) ? members : null;
}

function membersOfCard(card: unknown): JsonObject | null {
  if (!isJsonObject(card)) return null;
  const { content: _, content_bytes: __, ...members } = card;
  return members;
}

/** `"` + SHA-256 in hex + `"` (09 §3). */
const etagOf = (content: Uint8Array): string => `"${hexEncode(sha256(content))}"`;

function definedMembers(record: { readonly [key: string]: JsonValue | undefined }): JsonObject {
  const defined: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(record)) {
    if (value !== undefined && value !== null) defined[name] = value;
  }
  return defined;
}

const sameBytes = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === b ||
  (a !== null && b !== null && a.length === b.length && a.every((byte, index) => byte === b[index]));

/** Cards, and only they, live in memory where the browser gives no storage (08 §10.3). */
async function orInMemory<T>(stored: () => Promise<T>, inMemory: () => T): Promise<T> {
  try {
    return await stored();
  } catch (error) {
    if (error instanceof KeyStoreError && error.code === 'unsupported') return inMemory();
    throw error;
  }
}
