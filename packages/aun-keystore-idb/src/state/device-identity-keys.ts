import { convertToGroupAid, type KeyPairRecord } from 'aun-core';
import { base64Decode, CryptoError, hexEncode, sha256, utf8Decode, utf8Encode } from 'aun-crypto';
import type { StoreContext } from '../context.js';
import { DEVICE_KEYS, type DeviceKeyRow } from '../db/device-keys-database.js';
import { readIn, writeIn } from '../db/transact.js';
import { keyPairOfPem } from '../keys/key-record.js';
import { checkedKeyPair, unreadable } from '../keys/protect-key.js';
import { scopedDevice } from '../record-keys.js';
import { deviceScopes, rowOf } from './device-scopes.js';

/**
 * Private scalar of an identity key that a public SDK stored under this id: its alias row, or the main row when its
 * public key has this id. Ours never writes such rows (08 §7.7).
 */
export async function loadIdentityKeyAlias(
  context: StoreContext,
  aid: string,
  deviceId: string,
  keyId: string,
): Promise<Uint8Array | null> {
  const scopes = await deviceScopes(context, aid, deviceId);
  const rows = await readIn(context.deviceKeys, [DEVICE_KEYS], (transaction) =>
    Promise.all([rowOf(transaction, scopes, 'ik', '', keyId), rowOf(transaction, scopes, 'ik', '', '')]),
  );
  for (const row of rows) {
    if (row === null || row.private_key.length !== 32) continue;
    if (row.key_id === keyId || spkiId(row.public_key) === keyId) return row.private_key;
  }
  return null;
}

const spkiId = (spki: Uint8Array): string => `sha256:${hexEncode(sha256(spki)).slice(0, 16)}`;

/**
 * Key pair of a group AID, in `group_identity` as PEM text (08 §7.7); null when absent.
 *
 * @throws {KeyStoreError} `private_key_unreadable` when the row holds something else
 */
export async function loadGroupIdentity(
  context: StoreContext,
  aid: string,
  deviceId: string,
  groupAid: string,
): Promise<KeyPairRecord | null> {
  const scopes = await deviceScopes(context, aid, deviceId);
  const row = await readIn(context.deviceKeys, [DEVICE_KEYS], (transaction) =>
    rowOf(transaction, scopes, 'group_identity', convertToGroupAid(groupAid), ''),
  );
  if (row === null) return null;
  const keyPair = keyPairOfPem(textOf(row.private_key) ?? '');
  if (keyPair === null) throw unreadable(`group ${groupAid}`, 'it is no P-256 key');
  return keyPair;
}

export async function saveGroupIdentity(
  context: StoreContext,
  aid: string,
  deviceId: string,
  groupAid: string,
  keyPair: KeyPairRecord,
): Promise<void> {
  const checked = checkedKeyPair(keyPair);
  const row: DeviceKeyRow = {
    device_id: scopedDevice(aid, deviceId),
    key_type: 'group_identity',
    group_id: convertToGroupAid(groupAid),
    key_id: '',
    private_key: utf8Encode(checked.privateKeyPem),
    public_key: base64Decode(checked.publicKeyDerB64),
    created_at: context.clock.now(),
  };
  await writeIn(context.deviceKeys, [DEVICE_KEYS], (transaction) =>
    transaction.objectStore(DEVICE_KEYS).put(row),
  );
  context.notices.tell('prekeys', aid);
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return utf8Decode(bytes);
  } catch (error) {
    if (error instanceof CryptoError) return null;
    throw error;
  }
}
