import { dirname, join } from 'node:path';
import { type AgentMdEntry, isJsonObject, type JsonObject, type JsonValue, tryParseJson } from 'aun-core';
import { hexEncode, sha256, utf8Encode, uuidV4 } from 'aun-crypto';
import type { StoreContext } from '../context.js';
import { type TempName, writeAtomic } from '../files/atomic-write.js';
import { ensureDirectory } from '../files/directories.js';
import { readIfPresent, readTextIfPresent } from '../files/read.js';
import { type IdentityPaths, identityPaths } from '../layout.js';
import type { Steps } from '../steps.js';
import { withAgentMdLock } from './agent-md-lock.js';

/** What an application may change of a cached card; members set to undefined or null stay as they are. */
export interface AgentMdChange {
  readonly content?: Uint8Array;
  readonly record?: { readonly [key: string]: JsonValue | undefined };
}

/** Card and metadata of an AID (09 §7.1). `local_etag` is computed from the content, which wins. */
export function loadAgentMd(context: StoreContext, aid: string): AgentMdEntry {
  const paths = identityPaths(context.layout, aid);
  const content = readIfPresent(context.files, paths.agentMd);
  const record = readRecord(context, paths);
  return { content, record: content === null ? record : { ...record, local_etag: etagOf(content) } };
}

/** Writes what changed, content first. Returns the path of agent.md. */
export function* saveAgentMd(context: StoreContext, aid: string, change: AgentMdChange): Steps<string> {
  const paths = identityPaths(context.layout, aid);
  ensureDirectory(context.files, paths.directory);
  return yield* withAgentMdLock(context, paths, () => {
    const stored = readIfPresent(context.files, paths.agentMd);
    const content = change.content ?? stored;
    if (change.content !== undefined && !sameBytes(stored, change.content)) {
      writeAtomic(context.files, paths.agentMd, change.content, agentMdTempNames(context));
    }
    const before = readRecord(context, paths);
    const after = {
      ...before,
      aid,
      ...definedMembers(change.record ?? {}),
      ...(content === null ? {} : { local_etag: etagOf(content) }),
    };
    if (JSON.stringify(after) !== JSON.stringify(before)) {
      const text = `${JSON.stringify({ ...after, updated_at: context.clock.now() }, null, 2)}\n`;
      writeAtomic(context.files, paths.agentMdRecord, utf8Encode(text), agentMdTempNames(context));
    }
    return paths.agentMd;
  });
}

/** A damaged record counts as empty. */
function readRecord(context: StoreContext, paths: IdentityPaths): JsonObject {
  const text = readTextIfPresent(context.files, paths.agentMdRecord);
  const record = text === null ? undefined : tryParseJson(text);
  return isJsonObject(record) ? record : {};
}

/** `"` + SHA-256 in hex + `"` (09 §3). */
const etagOf = (content: Uint8Array): string => `"${hexEncode(sha256(content))}"`;

/** `.<name>.<pid>.<uuid>.tmp` (09 §7.1). */
function agentMdTempNames(context: StoreContext): TempName {
  return (path) =>
    join(
      dirname(path),
      `.${path.slice(dirname(path).length + 1)}.${process.pid}.${uuidV4(context.random)}.tmp`,
    );
}

function definedMembers(record: { readonly [key: string]: JsonValue | undefined }): JsonObject {
  const defined: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(record)) {
    if (value !== undefined && value !== null) defined[name] = value;
  }
  return defined;
}

const sameBytes = (a: Uint8Array | null, b: Uint8Array): boolean => a !== null && Buffer.compare(a, b) === 0;
