import { isJsonObject, type JsonValue } from 'aun-core';
import type { RecipientRow } from './envelope.js';
import { textOf } from './wire.js';

/** Error texts whose beginnings applications match on (03 §8.1). None of them holds key material. */

function rowFacts(row: RecipientRow): string {
  const [aid, deviceId, role, keySource, , spkId] = row;
  return `recipient=${aid}/${deviceId}; role=${role}; key_source=${keySource}; spk_id=${spkId || '<empty>'}`;
}

export function unwrapFailure(row: RecipientRow, reason: string): string {
  return (
    `wrap_key_decrypt_failed: ${rowFacts(row)}; master_key unwrap AEAD authentication failed; ` +
    `likely wrong local SPK/IK, stale sender bootstrap, or tampered recipient wrap; cause=${reason}`
  );
}

export function bodyFailure(row: RecipientRow, aad: JsonValue | undefined, reason: string): string {
  const fields = isJsonObject(aad) ? aad : {};
  const groupId = textOf(fields.group_id) || '<p2p>';
  return (
    `body_decrypt_failed: message_id=${textOf(fields.message_id)}; group_id=${groupId}; ` +
    `from=${textOf(fields.from)}; from_device=${textOf(fields.from_device)}; ${rowFacts(row)}; ` +
    'message body AEAD authentication failed after master_key unwrap; ' +
    `likely AAD/ciphertext/tag mismatch or envelope body corruption; cause=${reason}`
  );
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
