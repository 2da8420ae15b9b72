import { CANONICAL_JSON_MAX_DEPTH, type JsonObject, type JsonValue } from 'aun-core';
import { accept, invalid, reject, type Verdict } from './verdict.js';

/** Accepted distance of a sender's clock (03 §9.1), ms. */
export interface FreshnessWindow {
  /** Default 24 h. */
  readonly pastMs?: number;
  /** Default 5 min. */
  readonly futureMs?: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const FUTURE_MS = 5 * 60 * 1000;

/** Checks that a member is a Unix ms integer inside the window. */
export function checkFreshness(
  value: JsonValue | undefined,
  field: string,
  now: number,
  window: FreshnessWindow,
  staleCode: number,
): Verdict<number> {
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    return invalid(field, 'must be an integer (t_send)');
  const earliest = now - (window.pastMs ?? DAY_MS);
  const latest = now + (window.futureMs ?? FUTURE_MS);
  if (value >= earliest && value <= latest) return accept(value);
  const reason = `t_send is outside the accepted window [${earliest}, ${latest}]`;
  return reject(staleCode, field, reason);
}

/** First of `names` that is no non-empty string member; null when all are. */
export function missingText(object: JsonObject, names: readonly string[]): string | null {
  return names.find((name) => typeof object[name] !== 'string' || object[name] === '') ?? null;
}

/** The six members every envelope carries as text (04 §5.2 check 5). */
export const envelopeTexts = [
  'nonce',
  'ciphertext',
  'tag',
  'sender_signature',
  'sender_session_pk',
  'recipients_digest',
] as const;

/** Longest accepted `aad.message_id` (04 §5.2 check 3). */
export const MAX_MESSAGE_ID = 128;

/**
 * First member of an envelope that is nested deeper than canonical JSON allows: it could be neither stored as text nor
 * verified. Null when there is none. `recipients` has checks of its own.
 */
export function tooDeepMember(envelope: JsonObject): string | null {
  for (const name in envelope) {
    const value = envelope[name];
    if (typeof value !== 'object' || value === null || name === 'recipients') continue;
    if (isDeeperThan(value, CANONICAL_JSON_MAX_DEPTH)) return name;
  }
  return null;
}

function isDeeperThan(value: object, levels: number): boolean {
  if (levels === 0) return true;
  for (const key in value) {
    const item = (value as { readonly [key: string]: unknown })[key];
    if (typeof item === 'object' && item !== null && isDeeperThan(item, levels - 1)) return true;
  }
  return false;
}
