import { type JsonObject, type JsonValue, type Result, resultErr, resultOk } from 'aun-core';
import { base64Encode, type PublicKey, verifyRaw } from 'aun-crypto';
import { tryBase64 } from './base64.js';
import type { DeviceRowCode } from './codes.js';
import { isPrekeySource, KeySource, type Role, SPKI_BYTES } from './constants.js';
import type { RecipientCache } from './recipient-cache.js';
import { keyIdOf, parseSpki, prekeySignData } from './spki.js';
import type { Target } from './target.js';

/**
 * A device row of a bootstrap, as on the wire (03 §4.2). `owner_device_id` is read only when `device_id` is absent.
 */
export type DeviceRow = JsonObject & {
  readonly aid?: string;
  readonly device_id?: string;
  readonly ik_pk?: string;
  readonly ik_fp?: string;
  readonly spk_id?: string;
  readonly spk_pk?: string;
  readonly spk_signature?: string;
  readonly spk_timestamp?: number | string;
  readonly key_source?: string;
};

export interface DeviceRowCheck {
  /** Owner of the row: `to` for peers, the row's own `aid` in groups. */
  readonly aid: string;
  readonly row: JsonObject;
  readonly role: Role;
  /** Key of the owner's verified certificate, or the own key for the own AID (03 §4.5). */
  readonly trustedKey: PublicKey;
  readonly cache?: RecipientCache | undefined;
}

/** Facts about the refused row, as `cause` of the error. */
export interface DeviceRowFacts {
  readonly aid: string;
  readonly deviceId: string;
  readonly spkId: string;
}

type Checked<T> = Result<T, DeviceRowCode>;

/** Device id of a row; null when it has none (`""` is one) (03 §4.2). */
export function deviceIdOf(row: JsonObject): string | null {
  const id = row.device_id === undefined ? row.owner_device_id : row.device_id;
  return typeof id === 'string' ? id : null;
}

/**
 * Verifies one device row in the order of 03 §4.5, including check 0 (the identity key is compared also without a
 * prekey). `data` null means: skip this row, it has no device id, AID or identity key.
 *
 * An identity key on another curve than P-256 is a `spk_ik_mismatch` too. A refused row must abort the whole send; on `spk_ik_mismatch` fetch the certificate once more first.
 */
export function verifyDeviceRow(check: DeviceRowCheck): Checked<Target | null> {
  const { aid, row, trustedKey } = check;
  const deviceId = deviceIdOf(row);
  const ik = row.ik_pk;
  if (deviceId === null || typeof ik !== 'string' || ik === '') return resultOk(null);
  const spkId = textOf(row.spk_id);
  const facts: DeviceRowFacts = { aid, deviceId, spkId };
  if (aid === '') return spkId === '' ? resultOk(null) : refuse('spk_aid_missing', facts);
  const target = { aid, deviceId, role: check.role, identityKey: trustedKey };
  if (!isKey(ik, trustedKey)) return refuse('spk_ik_mismatch', facts);
  if (trustedKey.curve !== 'P-256') return refuse('spk_ik_mismatch', facts, ' (not a P-256 public key)');
  const source = row.key_source ?? '';
  const keySource = source === '' ? KeySource.peerDevicePrekey : textOf(source);
  if (spkId === '') return resultOk({ ...target, keySource, prekey: null, prekeyId: '' });
  if (!isPrekeySource(keySource)) return refuse('spk_key_source_invalid', facts, ` key_source=${keySource}`);
  const prekey = verifyPrekey(check, facts);
  return prekey.ok ? resultOk({ ...target, keySource, prekey: prekey.data, prekeyId: spkId }) : prekey;
}

/** Checks 3, 4 and 6-9 of 03 §4.5. */
function verifyPrekey(check: DeviceRowCheck, facts: DeviceRowFacts): Checked<PublicKey> {
  const { row, trustedKey, cache } = check;
  const text = row.spk_pk;
  if (typeof text !== 'string' || text === '') return refuse('spk_public_key_missing', facts);
  const spki = tryBase64(text);
  const expected = spki === null ? '<not base64>' : keyIdOf(spki);
  if (spki === null || facts.spkId !== expected)
    return refuse('spk_id_mismatch', facts, ` expected=${expected}`);
  if (isKey(text, trustedKey)) return resultOk(trustedKey);
  const signature = readSignature(row.spk_signature, facts);
  if (!signature.ok) return signature;
  const timestamp = readTimestamp(row.spk_timestamp, facts);
  if (!timestamp.ok) return timestamp;
  const mark = `${trustedKey.fingerprint()} ${text} ${timestamp.data} ${base64Encode(signature.data)}`;
  if (!cache?.isVerified(mark)) {
    const signed = prekeySignData(spki, facts.spkId, timestamp.data);
    if (!verifyRaw(trustedKey, signed, signature.data)) return refuse('spk_signature_invalid', facts);
    cache?.markVerified(mark);
  }
  // Not in the table: signed, but nothing to encrypt to.
  const key = parseKey(text, spki, cache);
  return key === null ? refuse('spk_public_key_missing', facts, ' (not a P-256 public key)') : resultOk(key);
}

function parseKey(text: string, spki: Uint8Array, cache: RecipientCache | undefined): PublicKey | null {
  if (cache === undefined) return parseSpki(spki);
  if (spki.length !== SPKI_BYTES) return null;
  try {
    return cache.publicKey(text);
  } catch {
    return null;
  }
}

function isKey(text: string, key: PublicKey): boolean {
  return text === base64Encode(key.spki);
}

function readSignature(value: JsonValue | undefined, facts: DeviceRowFacts): Checked<Uint8Array> {
  if (value === undefined || value === null || value === '') return refuse('spk_signature_missing', facts);
  if (typeof value !== 'string') return refuse('spk_signature_invalid_base64', facts);
  // Padding is optional here, and only here.
  const stripped = value.replace(/={1,2}$/, '');
  const bytes = tryBase64(stripped + '='.repeat((4 - (stripped.length % 4)) % 4));
  return bytes === null ? refuse('spk_signature_invalid_base64', facts) : resultOk(bytes);
}

function readTimestamp(value: JsonValue | undefined, facts: DeviceRowFacts): Checked<string> {
  if (value === undefined || value === null || value === '') return refuse('spk_timestamp_missing', facts);
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && value >= 0
      ? resultOk(String(value))
      : refuse('spk_timestamp_invalid', facts);
  }
  const digits = typeof value === 'string' ? value.trim() : '';
  if (!/^[0-9]+$/.test(digits)) return refuse('spk_timestamp_invalid', facts);
  return resultOk(digits.replace(/^0+(?=[0-9])/, ''));
}

function textOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : '<not a string>';
}

function refuse(code: DeviceRowCode, facts: DeviceRowFacts, detail = ''): Checked<never> {
  const where = `aid=${facts.aid} device_id=${facts.deviceId} spk_id=${facts.spkId}`;
  return resultErr(code, `${code}: ${where}${detail}`, facts);
}
