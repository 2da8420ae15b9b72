import { isJsonObject } from 'aun-core';
import { strongEtag } from '../content.js';
import { parseCardOwner } from './card-owner.js';

/** Something seen about a card in traffic. Not authenticated: it changes nothing but hints (09 §8.2). */
export interface AgentMdObservation {
  readonly aid: string;
  /** `''` when not given. */
  readonly etag: string;
  /** `''` when not given. */
  readonly lastModified: string;
}

const etagKeys = ['requester', 'peer', 'group', 'receiver', 'target', 'sender', 'from', 'to'];
const maxHintChars = 256;

/** One entry `{ aid, etag, last_modified | lastModified }`; `undefined` without valid AID or with both values empty. */
export function readObservation(entry: unknown, defaultAid?: unknown): AgentMdObservation | undefined {
  if (!isJsonObject(entry)) return undefined;
  const owner = parseCardOwner(entry.aid ?? defaultAid);
  if (!owner.ok) return undefined;
  const etag = strongEtag(hint(entry.etag));
  const lastModified = hint(entry.last_modified) || hint(entry.lastModified);
  return etag === '' && lastModified === '' ? undefined : { aid: owner.data, etag, lastModified };
}

/** Top-level `_meta` of a response, event or notification; aliases point to the same entries (09 §8.1, §8.2). */
export function readMetaObservations(meta: unknown, ownAid: string | null): AgentMdObservation[] {
  if (!isJsonObject(meta)) return [];
  const etags = isJsonObject(meta.agent_md_etags) ? meta.agent_md_etags : {};
  return unique([
    readObservation({ aid: ownAid ?? '', etag: hint(meta.agent_md_etag) }),
    ...etagKeys.map((key) => readObservation(etags[key])),
  ]);
}

/** `agent_md` of a stored envelope: sender and group (09 §8.1, §8.2). */
export function readEnvelopeObservations(envelope: unknown): AgentMdObservation[] {
  if (!isJsonObject(envelope) || !isJsonObject(envelope.agent_md)) return [];
  const aad = isJsonObject(envelope.aad) ? envelope.aad : {};
  const group = envelope.group_aid ?? envelope.group_id ?? aad.group_aid ?? aad.group_id;
  return unique([
    readObservation(envelope.agent_md.sender, aad.from ?? envelope.from),
    readObservation(envelope.agent_md.group, group),
  ]);
}

/** The richest entry per AID and ETag. */
function unique(candidates: readonly (AgentMdObservation | undefined)[]): AgentMdObservation[] {
  const seen = new Map<string, AgentMdObservation>();
  for (const observation of candidates) {
    if (observation === undefined) continue;
    const key = `${observation.aid} ${observation.etag}`;
    if ((seen.get(key)?.lastModified ?? '') === '') seen.set(key, observation);
  }
  return [...seen.values()];
}

function hint(value: unknown): string {
  return typeof value === 'string' && value.length <= maxHintChars ? value : '';
}
