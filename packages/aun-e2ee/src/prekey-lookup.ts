import { normalizeGroupId, type PrekeyStore } from 'aun-core';
import { PrivateKey, wipe } from 'aun-crypto';
import { splitCompositeSpkId } from './legacy.js';

/** Where a device looks for the private keys that rows name. */
export interface PrekeyScope {
  readonly aid: string;
  readonly deviceId: string;
  readonly identityKey: PrivateKey;
  /** Keys of before a rekey, newest first. */
  readonly previousIdentityKeys?: readonly PrivateKey[] | undefined;
  readonly store: Pick<PrekeyStore, 'loadPrekey' | 'loadIdentityKeyAlias'>;
}

/**
 * The private key behind a row's `spk_id` (03 §8.2 step 4). In groups the group prekey wins over a device prekey with
 * the same id; then own device prekeys and the identity key itself ("IK alias", 03 §2). Null: not here, `spk_missing`.
 */
export async function findPrekey(
  scope: PrekeyScope,
  rowSpkId: string,
  group: string | null = null,
): Promise<PrivateKey | null> {
  const { spkId, groupId: rowGroup } = splitCompositeSpkId(rowSpkId);
  const rawGroup = group ?? '';
  if (rawGroup !== '' || rowGroup !== '') {
    const normalized = normalizeGroupId(rawGroup === '' ? rowGroup : rawGroup);
    const found =
      (await load(scope, normalized, spkId)) ?? (await loadRaw(scope, rawGroup, normalized, spkId));
    if (found !== null) return found;
  }
  return (await load(scope, '', spkId)) ?? (await identityAlias(scope, spkId));
}

/** Keys stored under the id as it was spelled. */
async function loadRaw(
  scope: PrekeyScope,
  raw: string,
  normalized: string,
  spkId: string,
): Promise<PrivateKey | null> {
  return raw === '' || raw === normalized ? null : load(scope, raw, spkId);
}

async function load(scope: PrekeyScope, groupId: string, spkId: string): Promise<PrivateKey | null> {
  const record = await scope.store.loadPrekey(scope.aid, scope.deviceId, groupId, spkId);
  return record === null ? null : PrivateKey.fromScalar(record.privateScalar);
}

async function identityAlias(scope: PrekeyScope, spkId: string): Promise<PrivateKey | null> {
  const own = [scope.identityKey, ...(scope.previousIdentityKeys ?? [])];
  const match = own.find((key) => key.publicKey.keyId() === spkId);
  if (match !== undefined) return match;
  const scalar = await scope.store.loadIdentityKeyAlias(scope.aid, scope.deviceId, spkId);
  if (scalar === null) return null;
  const key = PrivateKey.fromScalar(scalar);
  wipe(scalar);
  return key;
}

/** The identity key that a row was wrapped to: the current one, or an older one that its `fp` names. */
export function identityKeyFor(scope: PrekeyScope, fp: string): PrivateKey {
  if (scope.identityKey.publicKey.keyId() === fp) return scope.identityKey;
  return scope.previousIdentityKeys?.find((key) => key.publicKey.keyId() === fp) ?? scope.identityKey;
}
