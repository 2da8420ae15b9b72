import { type GroupIndexEntry, isJsonObject, type JsonObject, type JsonValue } from 'aun-core';
import type { StoreContext } from '../context.js';
import { readIn, writeIn } from '../db/transact.js';
import { groupIndexKey } from '../record-keys.js';

const STORE = 'group_index_cache';

/** The cached index of a group; a damaged record is no cache (08 §9.4, §10.1). */
export async function loadGroupIndex(
  context: StoreContext,
  aid: string,
  groupAid: string,
): Promise<GroupIndexEntry | null> {
  if (!isCacheable(aid, groupAid)) return null;
  const key = groupIndexKey(aid, groupAid);
  const value: unknown = await readIn(context.keystore, [STORE], (transaction) =>
    transaction.objectStore(STORE).get(key),
  );
  if (!isJsonObject(value) || value.local_aid !== aid || value.group_aid !== groupAid) return null;
  if (typeof value.index_jsonl !== 'string') return null;
  return {
    indexJsonl: value.index_jsonl.replace(/\n$/, ''),
    remoteMeta: objectOf(value.remote_meta),
    localEtag: typeof value.local_etag === 'string' ? value.local_etag : '',
    settings: objectOf(value.settings),
    entryEtags: objectOf(value.entry_etags),
  };
}

/** Names that would be a path on a disk are not cached here either (08 §9.4). */
export async function saveGroupIndex(
  context: StoreContext,
  aid: string,
  groupAid: string,
  entry: GroupIndexEntry,
): Promise<void> {
  if (!isCacheable(aid, groupAid)) return;
  const key = groupIndexKey(aid, groupAid);
  const record = {
    local_aid: aid,
    group_aid: groupAid,
    index_jsonl: `${entry.indexJsonl.replace(/\n$/, '')}\n`,
    remote_meta: entry.remoteMeta,
    local_etag: entry.localEtag,
    settings: entry.settings,
    entry_etags: entry.entryEtags,
    updated_at: context.clock.now(),
  };
  await writeIn(
    context.keystore,
    [STORE],
    (transaction) => transaction.objectStore(STORE).put(record, key),
    'relaxed',
  );
  context.notices.tell('group_index', aid);
}

const isCacheable = (...parts: readonly string[]): boolean =>
  parts.every((part) => !/[/\\\0]/.test(part) && !/^\.{0,2}$/.test(part));
const objectOf = (value: JsonValue | undefined): JsonObject => (isJsonObject(value) ? value : {});
