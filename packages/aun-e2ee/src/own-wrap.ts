import { type Result, resultErr, resultOk } from 'aun-core';
import { ecdh, ecdhAsync, type PrivateKey, type PublicKey, wipe } from 'aun-crypto';
import { tryBase64 } from './base64.js';
import type { DecryptCode } from './codes.js';
import { SUITE, TAG_BYTES, type WrapProtocol } from './constants.js';
import type { RecipientRow } from './envelope.js';
import { messageOf, unwrapFailure } from './open-failure.js';
import type { RecipientCache } from './recipient-cache.js';
import type { SignedParts } from './signed-parts.js';
import { parseSpki } from './spki.js';
import { staticSecretAsync } from './static-secret.js';
import { deriveWrapKey, unwrapMasterKey, wrapSalt } from './wrap.js';

/** The own row of an envelope, read: all that its key agreement needs. */
export interface OwnWrap {
  readonly row: RecipientRow;
  readonly sessionKey: PublicKey;
  /** Null for 1DH. */
  readonly prekey: PrivateKey | null;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  readonly wrapped: Uint8Array;
}

/** The long-lived keys of the agreement. */
export interface AgreementKeys {
  readonly identityKey: PrivateKey;
  readonly senderKey: PublicKey;
  readonly cache?: RecipientCache | undefined;
}

export const protocolOf = (row: RecipientRow): WrapProtocol => (row[5] === '' ? '1DH' : '3DH');

/** Steps 5 and 6 of 03 §8.1 but for the agreement, and the lengths of step 7. */
export function readOwnWrap(
  { envelope, aadBytes }: SignedParts,
  row: RecipientRow,
  given: PrivateKey | null,
): Result<OwnWrap, DecryptCode> {
  const prekey = protocolOf(row) === '3DH' ? given : null;
  if (protocolOf(row) === '3DH' && prekey === null) {
    return resultErr('spk_missing', `spk_missing: spk_id=${row[5]}`);
  }
  const spki = tryBase64(envelope.sender_session_pk);
  const sessionKey = spki === null ? null : parseSpki(spki);
  if (spki === null || sessionKey === null) {
    return resultErr(
      'session_key_invalid',
      'session_key_invalid: sender_session_pk is not a P-256 public key',
    );
  }
  const wrapped = tryBase64(row[7]);
  if (wrapped === null ? row[7].length < 22 : wrapped.length < TAG_BYTES) {
    return resultErr('wrapped_key_too_short', 'wrapped_key too short');
  }
  const nonce = tryBase64(row[6]);
  if (nonce === null || wrapped === null) {
    return resultErr('wrap_key_decrypt_failed', unwrapFailure(row, 'not base64'));
  }
  const suite = envelope.suite ?? SUITE;
  const salt = wrapSalt(aadBytes, spki, typeof suite === 'string' ? suite : '');
  return resultOk({ row, sessionKey, prekey, salt, nonce, wrapped });
}

/** Wrap key of the own row, 32 bytes; the caller's to wipe. */
export function wrapKeyFor({ sessionKey, prekey, salt }: OwnWrap, keys: AgreementKeys): Uint8Array {
  const dh1 = ecdh(keys.identityKey, sessionKey);
  if (prekey === null) return keyFrom('1DH', [dh1], salt);
  const dh3 = ecdh(prekey, sessionKey);
  const known = keys.cache?.staticSecret(prekey, keys.senderKey);
  // A secret of the cache stays there.
  return keyFrom('3DH', [dh1, known?.slice() ?? ecdh(prekey, keys.senderKey), dh3], salt);
}

/** {@link wrapKeyFor} with all agreements under way at once. */
export async function wrapKeyForAsync(
  { sessionKey, prekey, salt }: OwnWrap,
  { identityKey, senderKey, cache }: AgreementKeys,
): Promise<Uint8Array> {
  if (prekey === null) return keyFrom('1DH', [await ecdhAsync(identityKey, sessionKey)], salt);
  const secrets = await Promise.all([
    ecdhAsync(identityKey, sessionKey),
    staticSecretAsync(prekey, senderKey, cache),
    ecdhAsync(prekey, sessionKey),
  ]);
  return keyFrom('3DH', secrets, salt);
}

/** Wipes the secrets. */
function keyFrom(protocol: WrapProtocol, secrets: Uint8Array[], salt: Uint8Array): Uint8Array {
  const wrapKey = deriveWrapKey(protocol, secrets, salt);
  for (const secret of secrets) wipe(secret);
  return wrapKey;
}

/** Step 7: the master key. Wipes `wrapKey`. */
export function unwrapOwn(
  { row, nonce, wrapped }: OwnWrap,
  wrapKey: Uint8Array,
): Result<Uint8Array, DecryptCode> {
  try {
    return resultOk(unwrapMasterKey(wrapKey, nonce, wrapped));
  } catch (error) {
    return resultErr('wrap_key_decrypt_failed', unwrapFailure(row, messageOf(error)));
  } finally {
    wipe(wrapKey);
  }
}
