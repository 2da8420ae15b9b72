import type { Clock, JsonObject, JsonValue } from 'aun-core';
import { LRUCache } from 'lru-cache';
import type { AgentMdLookup, AgentMdVersion } from '../../ports.js';
import type { ResponseMeta } from '../../rpc/router.js';
import type { SessionInfo } from '../../session/session-info.js';

/** `_meta` with agent.md versions (02 §8); as a lookup it answers from memory. */
export interface AgentMdHints extends ResponseMeta, AgentMdLookup {
  /** For an event to `session` that another AID caused. */
  forEvent(session: SessionInfo, sourceAid: string): JsonObject | null;
  /** The AID's document changed: caches and throttles of that AID are dropped. */
  changed(aid: string): void;
  /** The connection is gone. */
  forget(connectionId: string): void;
}

const KNOWN_TTL_MS = 300_000;
const UNKNOWN_TTL_MS = 60_000;
const REMEMBERED_AIDS = 20_000;
const TOLD_PER_CONNECTION = 256;

interface Told {
  readonly etag: string;
  readonly at: number;
}

/** Emits a role at most once per throttle window and connection, at once when the version changed. */
export function createAgentMdHints(deps: {
  readonly clock: Clock;
  readonly lookup: AgentMdLookup;
  readonly throttleMs: number;
}): AgentMdHints {
  const { clock, throttleMs } = deps;
  const versions = new LRUCache<string, { version: AgentMdVersion | null; until: number }>({
    max: REMEMBERED_AIDS,
  });
  const told = new Map<string, Map<string, Told>>();

  const versionOf = (aid: string, now = clock.now()): AgentMdVersion | null => {
    const known = versions.get(aid);
    if (known && known.until > now) return known.version;
    const version = deps.lookup.version(aid);
    versions.set(aid, { version, until: now + (version === null ? UNKNOWN_TTL_MS : KNOWN_TTL_MS) });
    return version;
  };

  const isNews = (connectionId: string, role: string, aid: string, etag: string, now: number): boolean => {
    const memory = told.get(connectionId) ?? new Map<string, Told>();
    const key = `${role}\n${aid}`;
    const last = memory.get(key);
    if (last && last.etag === etag && now - last.at < throttleMs) return false;
    if (memory.size >= TOLD_PER_CONNECTION) memory.clear();
    memory.set(key, { etag, at: now });
    told.set(connectionId, memory);
    return true;
  };

  const entry = (session: SessionInfo, role: string, aid: string, now: number): JsonObject | null => {
    const version = versionOf(aid, now);
    if (version === null || !isNews(session.connectionId, role, aid, version.etag, now)) return null;
    return { aid, etag: version.etag, last_modified: version.lastModified };
  };

  const roles = (
    session: SessionInfo,
    peer: string | null,
    now: number,
  ): Record<string, JsonValue> | null => {
    const requester = entry(session, 'requester', session.aid, now);
    const other = peer !== null && peer !== session.aid ? entry(session, 'peer', peer, now) : null;
    if (requester === null && other === null) return null;
    return {
      ...(requester === null ? {} : { agent_md_etag: requester.etag ?? '' }),
      agent_md_etags: {
        ...(requester === null ? {} : { requester }),
        ...(other === null ? {} : { peer: other }),
      },
    };
  };

  const merged = (known: JsonObject | null, extra: JsonObject | null): JsonObject | null => {
    if (known === null || extra === null) return known ?? extra;
    return { ...known, ...extra };
  };

  return {
    version: (aid) => versionOf(aid),
    forResponse: (session, peer, extra, now) => merged(roles(session, peer, now), extra),
    forEvent: (session, sourceAid) => roles(session, sourceAid, clock.now()),
    changed(aid) {
      versions.delete(aid);
      for (const memory of told.values()) {
        memory.delete(`requester\n${aid}`);
        memory.delete(`peer\n${aid}`);
      }
    },
    forget: (connectionId) => void told.delete(connectionId),
  };
}
