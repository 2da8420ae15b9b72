import { isJsonObject, type JsonValue } from 'aun-core';
import { type PublicKey, verifyRaw } from 'aun-crypto';
import { tryBase64 } from '../base64.js';
import { KeySource } from '../constants.js';
import { keyIdOf, parseSpki, prekeySignData } from '../spki.js';
import { accept, E2eeRpcCode, invalid, reject, type Verdict } from './verdict.js';

/** How far `spk_timestamp` may lie in the future, seconds (03 §3.2). */
export const MAX_PREKEY_SKEW_SECONDS = 600;

export interface PrekeyUploadContext {
  readonly callerAid: string;
  /** `peer` = `message.v2.put_peer_pk`, `group` = `group.v2.put_group_pk`; membership is checked by the caller. */
  readonly kind: 'peer' | 'group';
  /** Key of the caller's current certificate; null when the gateway knows none. */
  readonly identityKey: PublicKey | null;
  /** Unix ms. */
  readonly now: number;
}

/** A checked prekey, ready to be stored and handed out. */
export interface ValidPrekey {
  readonly keySource: 'peer_device_prekey' | 'group_device_prekey';
  readonly spkId: string;
  /** Base64 as uploaded. */
  readonly spkPk: string;
  readonly spkSignature: string;
  /** Unix seconds, as bootstrap answers return it. */
  readonly spkTimestamp: number;
}

/** Checks an uploaded prekey in the order of 03 §3.2 (04 §6.1, 05 §9.6). Any JSON value is safe. */
export function validatePrekeyUpload(params: unknown, context: PrekeyUploadContext): Verdict<ValidPrekey> {
  const fields = isJsonObject(params) ? params : {};
  if (context.kind === 'peer' && fields.peer_aid !== context.callerAid) {
    return reject(E2eeRpcCode.permissionDenied, 'peer_aid', 'must be the own AID');
  }
  const keySource = context.kind === 'peer' ? KeySource.peerDevicePrekey : KeySource.groupDevicePrekey;
  if (fields.key_source !== keySource) return invalid('key_source', `must be ${keySource}`);
  const { spk_id: spkId, spk_pk: spkPk, spk_signature: spkSignature } = fields;
  const spki = tryBase64(spkPk);
  if (typeof spkPk !== 'string' || spki === null || parseSpki(spki) === null) {
    return invalid('spk_pk', 'must be the base64 SPKI of a P-256 key');
  }
  if (typeof spkId !== 'string' || spkId !== keyIdOf(spki)) return invalid('spk_id', 'does not match spk_pk');
  if (context.identityKey === null) return certificateMissing();
  const timestamp = parseTimestamp(fields.spk_timestamp);
  if (timestamp === null) return invalid('spk_timestamp', 'must be Unix seconds, an integer or decimal text');
  const signature = tryBase64(spkSignature);
  const signed = prekeySignData(spki, spkId, String(timestamp));
  if (
    typeof spkSignature !== 'string' ||
    signature === null ||
    !verifyRaw(context.identityKey, signed, signature)
  ) {
    return invalid('spk_signature', 'spk_signature invalid');
  }
  if (timestamp > Math.floor(context.now / 1000) + MAX_PREKEY_SKEW_SECONDS) {
    return invalid('spk_timestamp', `lies more than ${MAX_PREKEY_SKEW_SECONDS} s in the future`);
  }
  return accept({ keySource, spkId, spkPk, spkSignature, spkTimestamp: timestamp });
}

function certificateMissing(): Verdict<never> {
  const error = { code: E2eeRpcCode.internalError, message: 'AID cert not found', field: 'peer_aid' };
  return { ok: false, error };
}

function parseTimestamp(value: JsonValue | undefined): number | null {
  const isDecimal = typeof value === 'string' && /^[1-9][0-9]*$/.test(value);
  const seconds = isDecimal ? Number(value) : value;
  return typeof seconds === 'number' && Number.isSafeInteger(seconds) && seconds >= 0 ? seconds : null;
}
