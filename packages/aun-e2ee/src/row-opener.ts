import { isJsonObject, type JsonObject, type Result, resultErr, tryParseJson } from 'aun-core';
import type { PrivateKey, PublicKey } from 'aun-crypto';
import { type DecryptCode, isSilentDecryptCode } from './codes.js';
import { openEnvelopeAsync } from './open.js';
import { findOwnRow } from './open-row.js';
import type { OpenedMessage } from './opened-message.js';
import { identityKeyFor, type PrekeyScope } from './prekey-lookup.js';
import type { RecipientCache } from './recipient-cache.js';
import { rowFromObject, rowsFromArray } from './row.js';
import {
  matchesKeyFingerprint,
  type SenderKeyCache,
  type SenderKeyRequest,
  type SenderKeyResolver,
} from './sender-key.js';
import type { UndecryptableStage } from './undecryptable.js';

/** Who opens, with which keys and caches. */
export interface OpenerScope extends PrekeyScope {
  readonly senderKeys: SenderKeyResolver;
  readonly senderCache: SenderKeyCache;
  readonly cache: RecipientCache;
  readonly now: () => number;
  /** Runs `work` with the prekey that a row names; the key is not wiped before `work` is done. */
  readonly withPrekey: <T>(
    spkId: string,
    groupId: string,
    work: (prekey: PrivateKey | null) => Promise<T>,
  ) => Promise<T>;
}

/** An envelope together with what its delivery says about it. */
export interface Delivery {
  readonly envelope: JsonObject;
  /** Authenticated sender. */
  readonly from: string;
  /** Of the delivery, any spelling; `""` when it names none. */
  readonly groupId: string;
}

export type OpenFailureCode = DecryptCode | 'sender_ik_not_found';

/** Where opening failed; `cause` of the error. */
export interface OpenFailure {
  readonly stage: UndecryptableStage;
  readonly spkId?: string;
}

/** The parsed `envelope_json` of a row; null when it is missing or no JSON object (03 §8.2 step 1). */
export function parseEnvelopeJson(row: JsonObject): JsonObject | null {
  const parsed = typeof row.envelope_json === 'string' ? tryParseJson(row.envelope_json) : undefined;
  return isJsonObject(parsed) ? parsed : null;
}

/** Group of a delivery: the signed one, else the one the row names; `""` for P2P (03 §8.2 step 3). */
export function groupContext(envelope: JsonObject, rowGroup: unknown): string {
  const aad = isJsonObject(envelope.aad) ? envelope.aad : {};
  if (typeof aad.group_id === 'string' && aad.group_id !== '') return aad.group_id;
  return typeof rowGroup === 'string' ? rowGroup : '';
}

/** `spk_id` and `fp` of the row meant for a device; not verified yet, only good for looking up keys. */
export function ownRowHint(
  envelope: JsonObject,
  aid: string,
  deviceId: string,
): { spkId: string; fp: string } {
  const rows = Array.isArray(envelope.recipients) ? rowsFromArray(envelope.recipients) : null;
  const own = Array.isArray(envelope.recipients) ? findOwnRow(rows ?? [], aid, deviceId) : undefined;
  const object = isJsonObject(envelope.recipient) ? rowFromObject(envelope.recipient) : null;
  const row = Array.isArray(envelope.recipients) ? own : (object ?? undefined);
  return { spkId: row?.[5] ?? '', fp: row?.[4] ?? '' };
}

type Opened = Result<OpenedMessage, OpenFailureCode>;

/** Steps 2-6 of 03 §8.2 for one envelope. The error's `cause` is an {@link OpenFailure}. */
export async function openDelivery(scope: OpenerScope, delivery: Delivery): Promise<Opened> {
  const { spkId, fp } = ownRowHint(delivery.envelope, scope.aid, scope.deviceId);
  // Keys are looked up under the signed group; that it is the delivery's is checked with the rest of the AAD.
  const groupId = groupContext(delivery.envelope, delivery.groupId);
  if (spkId === '') return openWith(scope, delivery, groupId, fp, null);
  return scope.withPrekey(spkId, groupId, async (prekey) => {
    if (prekey !== null) return openWith(scope, delivery, groupId, fp, prekey);
    const failure: OpenFailure = { stage: 'spk_lookup', spkId };
    return resultErr('spk_missing', `spk_missing: spk_id=${spkId}`, failure);
  });
}

async function openWith(
  scope: OpenerScope,
  delivery: Delivery,
  groupId: string,
  fp: string,
  prekey: PrivateKey | null,
): Promise<Opened> {
  const { envelope, from } = delivery;
  const senderKey = await senderKeyFor(scope, envelope, from);
  if (senderKey === null) {
    const failure: OpenFailure = { stage: 'sender_ik' };
    return resultErr('sender_ik_not_found', 'sender_ik_not_found', failure);
  }
  const identityKey = identityKeyFor(scope, fp);
  const { aid: selfAid, deviceId: selfDeviceId, cache } = scope;
  const keys = { selfAid, selfDeviceId, identityKey, prekey, senderKey, cache };
  const named = delivery.groupId || groupId;
  const expected = { from, ...(named === '' ? {} : { groupId: named }) };
  const opened = await openEnvelopeAsync(envelope, keys, expected);
  if (opened.ok || isSilentDecryptCode(opened.error.code)) return opened;
  const failure: OpenFailure = { stage: 'decrypt' };
  return resultErr(opened.error.code, opened.error.message, failure);
}

/** The sender's key: own, cached, or resolved; null when it is unknown or not the one the envelope names. */
async function senderKeyFor(
  scope: OpenerScope,
  envelope: JsonObject,
  from: string,
): Promise<PublicKey | null> {
  const named = envelope.sender_cert_fingerprint;
  const fingerprint = typeof named === 'string' ? named : '';
  if (from === scope.aid) {
    const own = [scope.identityKey, ...(scope.previousIdentityKeys ?? [])].map((key) => key.publicKey);
    const match = own.find((key) => matchesKeyFingerprint(key, fingerprint));
    if (match !== undefined) return match;
  }
  const aad = isJsonObject(envelope.aad) ? envelope.aad : {};
  const request = {
    aid: from,
    deviceId: typeof aad.from_device === 'string' ? aad.from_device : '',
    fingerprint,
  };
  const cached = scope.senderCache.get(request, scope.now());
  if (cached !== null) return cached;
  const resolved = await resolve(scope, request);
  if (resolved === null || !matchesKeyFingerprint(resolved, fingerprint)) return null;
  scope.senderCache.set(request.aid, request.deviceId, resolved, scope.now());
  return resolved;
}

/** A resolver that fails knows no more than one that finds nothing: the row waits or becomes an event. */
async function resolve(scope: OpenerScope, request: SenderKeyRequest): Promise<PublicKey | null> {
  try {
    return await scope.senderKeys(request);
  } catch {
    return null;
  }
}
