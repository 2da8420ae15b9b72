import { convertToGroupAid, type KeyPairRecord, KeyStoreError } from 'aun-core';
import { base64Decode, hexEncode, sha256, utf8Encode } from 'aun-crypto';
import type { StoreContext } from '../context.js';
import { identityDatabase } from '../db/identity-database.js';
import { readDatabase, writeDatabase } from '../db/use-database.js';
import { keyPairOfPem } from '../keys/key-file.js';
import type { Steps } from '../steps.js';

/**
 * Private scalar of an identity key that a public SDK stored under this id: its alias row, or the main row when its
 * public key has this id. Ours never writes such rows (08 §7.7).
 */
export function* loadIdentityKeyAlias(
  context: StoreContext,
  aid: string,
  deviceId: string,
  keyId: string,
): Steps<Uint8Array | null> {
  const rows = yield* readDatabase(context, identityDatabase(context, aid), (database) =>
    database.all(
      `SELECT key_id, private_key, public_key FROM v2_device_keys
       WHERE device_id = ? AND key_type = 'ik' AND group_id = '' AND key_id IN (?, '') ORDER BY key_id DESC`,
      deviceId,
      keyId,
    ),
  );
  for (const row of rows ?? []) {
    const { private_key: scalar, public_key: spki } = row;
    if (!(scalar instanceof Uint8Array) || scalar.length !== 32 || !(spki instanceof Uint8Array)) continue;
    if (row.key_id === keyId || spkiId(spki) === keyId) return scalar;
  }
  return null;
}

const spkiId = (spki: Uint8Array): string => `sha256:${hexEncode(sha256(spki)).slice(0, 16)}`;

/** Key pair of a group AID, in `group_identity` as PEM text (08 §7.7); null when absent or unreadable. */
export function* loadGroupIdentity(
  context: StoreContext,
  aid: string,
  deviceId: string,
  groupAid: string,
): Steps<KeyPairRecord | null> {
  const row = yield* readDatabase(context, identityDatabase(context, aid), (database) =>
    database.get(
      `SELECT private_key FROM v2_device_keys
       WHERE device_id = ? AND key_type = 'group_identity' AND group_id = ? AND key_id = ''`,
      deviceId,
      convertToGroupAid(groupAid),
    ),
  );
  const pem = row?.private_key;
  if (!(pem instanceof Uint8Array)) return null;
  const keyPair = keyPairOfPem(Buffer.from(pem).toString('utf8'));
  if (keyPair === null)
    throw new KeyStoreError('private_key_unreadable', `group identity ${groupAid}: no P-256 key`);
  return keyPair;
}

export function* saveGroupIdentity(
  context: StoreContext,
  aid: string,
  deviceId: string,
  groupAid: string,
  keyPair: KeyPairRecord,
): Steps<void> {
  const now = context.clock.now();
  yield* writeDatabase(context, identityDatabase(context, aid), (database) =>
    database.run(
      `INSERT INTO v2_device_keys (device_id, key_type, group_id, key_id, private_key, public_key, created_at)
       VALUES (?, 'group_identity', ?, '', ?, ?, ?)
       ON CONFLICT (device_id, key_type, group_id, key_id) DO UPDATE
       SET private_key = excluded.private_key, public_key = excluded.public_key, created_at = excluded.created_at`,
      deviceId,
      convertToGroupAid(groupAid),
      utf8Encode(keyPair.privateKeyPem),
      base64Decode(keyPair.publicKeyDerB64),
      now,
    ),
  );
}
