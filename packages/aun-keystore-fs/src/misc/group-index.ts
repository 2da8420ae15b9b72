import { dirname, join } from 'node:path';
import { type GroupIndexEntry, isJsonObject, type JsonObject, type JsonValue, tryParseJson } from 'aun-core';
import { utf8Encode } from 'aun-crypto';
import type { StoreContext } from '../context.js';
import { type TempName, writeAtomic } from '../files/atomic-write.js';
import { readTextIfPresent } from '../files/read.js';
import { identityPaths } from '../layout.js';

interface GroupIndexFiles {
  readonly cache: string;
  readonly index: string;
}

/** The cached index of a group; a damaged file is no cache (08 §9.4). */
export function loadGroupIndex(context: StoreContext, aid: string, groupAid: string): GroupIndexEntry | null {
  const files = indexFiles(context, aid, groupAid);
  if (files === null) return null;
  const cacheText = readTextIfPresent(context.files, files.cache);
  const indexText = readTextIfPresent(context.files, files.index);
  const cache = cacheText === null ? undefined : tryParseJson(cacheText);
  if (indexText === null || !isJsonObject(cache) || cache.local_aid !== aid || cache.group_aid !== groupAid)
    return null;
  return {
    indexJsonl: indexText.replace(/\n$/, ''),
    remoteMeta: objectOf(cache.remote_meta),
    localEtag: typeof cache.local_etag === 'string' ? cache.local_etag : '',
    settings: objectOf(cache.settings),
    entryEtags: objectOf(cache.entry_etags),
  };
}

/** Body first, then what describes it. Names that cannot be a directory are not cached. */
export function saveGroupIndex(
  context: StoreContext,
  aid: string,
  groupAid: string,
  entry: GroupIndexEntry,
): void {
  const files = indexFiles(context, aid, groupAid);
  if (files === null) return;
  const cache = {
    local_aid: aid,
    group_aid: groupAid,
    remote_meta: entry.remoteMeta,
    local_etag: entry.localEtag,
    settings: entry.settings,
    entry_etags: entry.entryEtags,
  };
  const write = (path: string, text: string) =>
    writeAtomic(context.files, path, utf8Encode(text), tempNames(context));
  write(files.index, `${entry.indexJsonl.replace(/\n$/, '')}\n`);
  write(files.cache, `${JSON.stringify(cache, null, 2)}\n`);
}

function indexFiles(context: StoreContext, aid: string, groupAid: string): GroupIndexFiles | null {
  if ([aid, groupAid].some((part) => /[/\\\0]/.test(part) || /^\.{0,2}$/.test(part))) return null;
  const directory = join(identityPaths(context.layout, aid).groups, groupAid);
  return { cache: join(directory, 'group-index-cache.json'), index: join(directory, 'index.jsonl') };
}

/** `.<file>.<pid>.<ms>.tmp` (08 §9.4). */
function tempNames(context: StoreContext): TempName {
  return (path) => {
    const directory = dirname(path);
    return join(directory, `.${path.slice(directory.length + 1)}.${process.pid}.${context.clock.now()}.tmp`);
  };
}

const objectOf = (value: JsonValue | undefined): JsonObject => (isJsonObject(value) ? value : {});
