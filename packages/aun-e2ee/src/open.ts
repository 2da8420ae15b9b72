import {
  canonicalJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Result,
  resultErr,
  resultOk,
} from 'aun-core';
import {
  aesGcmOpen,
  ecdh,
  type PrivateKey,
  type PublicKey,
  utf8Decode,
  utf8Encode,
  verifyRaw,
  wipe,
} from 'aun-crypto';
import { tryBase64, tryHex } from './base64.js';
import type { DecryptCode } from './codes.js';
import { SUITE, TAG_BYTES, type WrapProtocol } from './constants.js';
import type { RecipientRow } from './envelope.js';
import { metadataFault } from './metadata.js';
import { aadFault, type OpenExpectation } from './open-aad.js';
import { bodyFailure, unwrapFailure } from './open-failure.js';
import { selectRow } from './open-row.js';
import { type OpenedMessage, openedMessage } from './opened-message.js';
import type { RecipientCache } from './recipient-cache.js';
import { parseSpki } from './spki.js';
import { deriveWrapKey, signInput, unwrapMasterKey, wrapSalt } from './wrap.js';

/** Who opens, and with which keys. */
export interface OpenKeys {
  readonly selfAid: string;
  readonly selfDeviceId: string;
  readonly identityKey: PrivateKey;
  /** The prekey that the own row names; ignored for 1DH rows. */
  readonly prekey?: PrivateKey | null | undefined;
  /** Key of the sender's verified certificate. */
  readonly senderKey: PublicKey;
  /** Remembers the static secret of 3DH between messages of one sender. */
  readonly cache?: RecipientCache | undefined;
}

type Opened<T> = Result<T, DecryptCode>;

/** The parts of an envelope that its signature covers, decoded. */
interface Signed {
  readonly envelope: JsonObject;
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
  readonly aadBytes: Uint8Array;
  readonly digest: string;
}

/**
 * Verifies and decrypts an envelope, full or per-device, P2P or group. Any JSON value is safe as input. The checks
 * and their order are those of 03 §8.1; the comparison of the AAD with the delivery comes last, so that it never
 * hides another code. {@link isSilentDecryptCode} tells which failures are "not for me".
 */
export function openEnvelope(
  envelope: unknown,
  keys: OpenKeys,
  expected: OpenExpectation = {},
): Result<OpenedMessage, DecryptCode> {
  const signed = verifySignature(envelope, keys.senderKey);
  if (!signed.ok) return signed;
  const { selfAid, selfDeviceId } = keys;
  const selected = selectRow(signed.data.envelope, signed.data.digest, selfAid, selfDeviceId);
  if (!selected.ok) return selected;
  const { row } = selected.data;
  const protocol: WrapProtocol = row[5] === '' ? '1DH' : '3DH';
  const masterKey = unwrap(signed.data, row, protocol, keys);
  if (!masterKey.ok) return masterKey;
  const payload = openBody(signed.data, row, masterKey.data);
  wipe(masterKey.data);
  if (!payload.ok) return payload;
  const fields = signed.data.envelope;
  const fault = aadFault({
    envelope: fields,
    selected: selected.data,
    protocol,
    selfAid,
    selfDeviceId,
    expected,
  });
  if (fault !== null) return resultErr('aad_mismatch', `aad_mismatch: ${fault}`);
  return resultOk(openedMessage(fields, row, protocol, payload.data));
}

/** Steps 1-3. */
function verifySignature(envelope: unknown, senderKey: PublicKey): Opened<Signed> {
  const fields: JsonObject = isJsonObject(envelope) ? envelope : {};
  const { sender_signature: signature, ciphertext, tag, recipients_digest: digest, aad } = fields;
  if (typeof signature !== 'string' || typeof ciphertext !== 'string') return badSignature();
  if (typeof tag !== 'string' || typeof digest !== 'string') return badSignature();
  const aadBytes = canonicalBytes(aad);
  if (aadBytes === null) return resultErr('aad_invalid', 'aad_invalid: aad has no canonical JSON form');
  const parts = { signature: tryBase64(signature), ciphertext: tryBase64(ciphertext), tag: tryBase64(tag) };
  const digestBytes = tryHex(digest);
  if (parts.signature === null || parts.ciphertext === null || parts.tag === null || digestBytes === null) {
    return badSignature();
  }
  const input = signInput(parts.ciphertext, parts.tag, aadBytes, digestBytes);
  if (senderKey.curve !== 'P-256' || !verifyRaw(senderKey, input, parts.signature)) return badSignature();
  return resultOk({ envelope: fields, ciphertext: parts.ciphertext, tag: parts.tag, aadBytes, digest });
}

function badSignature(): Opened<never> {
  return resultErr('sender_signature_invalid', 'sender_signature verification failed');
}

function canonicalBytes(aad: JsonValue | undefined): Uint8Array | null {
  try {
    return utf8Encode(canonicalJson(aad));
  } catch {
    // Missing, unsafe numbers, or nested beyond reason: all one code.
    return null;
  }
}

/** Steps 5-7: the master key from the own row. */
function unwrap(
  signed: Signed,
  row: RecipientRow,
  protocol: WrapProtocol,
  keys: OpenKeys,
): Opened<Uint8Array> {
  const prekey = keys.prekey ?? null;
  if (protocol === '3DH' && prekey === null) return resultErr('spk_missing', `spk_missing: spk_id=${row[5]}`);
  const spki = tryBase64(signed.envelope.sender_session_pk);
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
  const wrapKey = wrapKeyFor(signed, spki, sessionKey, protocol === '3DH' ? prekey : null, keys);
  try {
    return resultOk(unwrapMasterKey(wrapKey, nonce, wrapped));
  } catch (error) {
    return resultErr('wrap_key_decrypt_failed', unwrapFailure(row, messageOf(error)));
  } finally {
    wipe(wrapKey);
  }
}

function wrapKeyFor(
  signed: Signed,
  sessionSpki: Uint8Array,
  sessionKey: PublicKey,
  prekey: PrivateKey | null,
  keys: OpenKeys,
): Uint8Array {
  const suite = signed.envelope.suite ?? SUITE;
  const salt = wrapSalt(signed.aadBytes, sessionSpki, typeof suite === 'string' ? suite : '');
  const dh1 = ecdh(keys.identityKey, sessionKey);
  if (prekey === null) {
    const wrapKey = deriveWrapKey('1DH', [dh1], salt);
    wipe(dh1);
    return wrapKey;
  }
  const dh3 = ecdh(prekey, sessionKey);
  const dh2 = keys.cache?.staticSecret(prekey, keys.senderKey) ?? ecdh(prekey, keys.senderKey);
  const wrapKey = deriveWrapKey('3DH', [dh1, dh2, dh3], salt);
  wipe(dh1, dh3);
  // A secret of the cache stays there.
  if (keys.cache === undefined) wipe(dh2);
  return wrapKey;
}

/** Steps 8 and 9. */
function openBody(signed: Signed, row: RecipientRow, masterKey: Uint8Array): Opened<JsonValue> {
  const { envelope } = signed;
  const headers = metadataFault(masterKey, 'protected_headers', envelope.protected_headers);
  if (headers !== null) return resultErr('protected_headers_invalid', headers);
  const context = metadataFault(masterKey, 'context', envelope.context);
  if (context !== null) return resultErr('context_invalid', context);
  const nonce = tryBase64(envelope.nonce);
  let plaintext: Uint8Array;
  try {
    plaintext = aesGcmOpen(
      masterKey,
      nonce ?? new Uint8Array(0),
      signed.ciphertext,
      signed.tag,
      signed.aadBytes,
    );
  } catch (error) {
    return resultErr('body_decrypt_failed', bodyFailure(row, envelope.aad, messageOf(error)));
  }
  return parsePayload(plaintext);
}

function parsePayload(plaintext: Uint8Array): Opened<JsonValue> {
  try {
    return resultOk(JSON.parse(utf8Decode(plaintext)) as JsonValue);
  } catch {
    return resultErr('payload_not_json', 'payload_not_json: the plaintext is not JSON');
  } finally {
    wipe(plaintext);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
