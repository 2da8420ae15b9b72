import { type JsonValue, type Result, resultErr, resultOk } from 'aun-core';
import {
  aesGcmOpen,
  type PrivateKey,
  type PublicKey,
  utf8Decode,
  verifyRaw,
  verifyRawAsync,
  wipe,
} from 'aun-crypto';
import { tryBase64 } from './base64.js';
import type { DecryptCode } from './codes.js';
import type { RecipientRow } from './envelope.js';
import { metadataFault } from './metadata.js';
import { aadFault, type OpenExpectation } from './open-aad.js';
import { bodyFailure, messageOf } from './open-failure.js';
import { type SelectedRow, selectRow } from './open-row.js';
import { type OpenedMessage, openedMessage } from './opened-message.js';
import { type OwnWrap, protocolOf, readOwnWrap, unwrapOwn, wrapKeyFor, wrapKeyForAsync } from './own-wrap.js';
import type { RecipientCache } from './recipient-cache.js';
import { badSignature, readSignedParts, type SignedParts } from './signed-parts.js';

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
  const signed = readSignedParts(envelope, keys.senderKey);
  if (!signed.ok) return signed;
  if (!verifyRaw(keys.senderKey, signed.data.input, signed.data.signature)) return badSignature();
  const own = findOwn(signed.data, keys);
  return own.ok ? finish(signed.data, own.data, wrapKeyFor(own.data.wrap, keys), keys, expected) : own;
}

/**
 * {@link openEnvelope} with signature and key agreements on WebCrypto where the platform has no `node:crypto`: the same
 * results, many times sooner in browsers, and the page stays responsive. In Node it only costs a promise. Leave the
 * envelope as it is until then.
 */
export async function openEnvelopeAsync(
  envelope: unknown,
  keys: OpenKeys,
  expected: OpenExpectation = {},
): Promise<Result<OpenedMessage, DecryptCode>> {
  const signed = readSignedParts(envelope, keys.senderKey);
  if (!signed.ok) return signed;
  const { input, signature } = signed.data;
  if (!(await verifyRawAsync(keys.senderKey, input, signature))) return badSignature();
  const own = findOwn(signed.data, keys);
  if (!own.ok) return own;
  return finish(signed.data, own.data, await wrapKeyForAsync(own.data.wrap, keys), keys, expected);
}

interface Own {
  readonly selected: SelectedRow;
  readonly wrap: OwnWrap;
}

/** Steps 4-6. */
function findOwn(signed: SignedParts, keys: OpenKeys): Result<Own, DecryptCode> {
  const selected = selectRow(signed.envelope, signed.digest, keys.selfAid, keys.selfDeviceId);
  if (!selected.ok) return selected;
  const wrap = readOwnWrap(signed, selected.data.row, keys.prekey ?? null);
  return wrap.ok ? resultOk({ selected: selected.data, wrap: wrap.data }) : wrap;
}

/** Steps 7-10. */
function finish(
  signed: SignedParts,
  { selected, wrap }: Own,
  wrapKey: Uint8Array,
  { selfAid, selfDeviceId }: OpenKeys,
  expected: OpenExpectation,
): Result<OpenedMessage, DecryptCode> {
  const masterKey = unwrapOwn(wrap, wrapKey);
  if (!masterKey.ok) return masterKey;
  const { envelope } = signed;
  const { row } = selected;
  const payload = openBody(signed, row, masterKey.data);
  wipe(masterKey.data);
  if (!payload.ok) return payload;
  const protocol = protocolOf(row);
  const fault = aadFault({ envelope, selected, protocol, selfAid, selfDeviceId, expected });
  if (fault !== null) return resultErr('aad_mismatch', `aad_mismatch: ${fault}`);
  return resultOk(openedMessage(envelope, row, protocol, payload.data));
}

/** Steps 8 and 9. */
function openBody(
  signed: SignedParts,
  row: RecipientRow,
  masterKey: Uint8Array,
): Result<JsonValue, DecryptCode> {
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

function parsePayload(plaintext: Uint8Array): Result<JsonValue, DecryptCode> {
  try {
    return resultOk(JSON.parse(utf8Decode(plaintext)) as JsonValue);
  } catch {
    return resultErr('payload_not_json', 'payload_not_json: the plaintext is not JSON');
  } finally {
    wipe(plaintext);
  }
}
