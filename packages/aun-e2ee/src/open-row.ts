import { isJsonObject, type JsonObject, type Result, resultErr, resultOk } from 'aun-core';
import type { DecryptCode } from './codes.js';
import type { RecipientRow } from './envelope.js';
import { recipientsDigest, verifyRecipientProof } from './merkle.js';
import { rowFromObject, rowsFromArray } from './row.js';

/** The row of an envelope for one device, and whether it came with the whole set. */
export interface SelectedRow {
  readonly row: RecipientRow;
  readonly perDevice: boolean;
}

/** Steps 4a-4d of 03 §8.1. The digest itself is covered by the sender's signature. */
export function selectRow(
  envelope: JsonObject,
  digest: string,
  selfAid: string,
  selfDeviceId: string,
): Result<SelectedRow, DecryptCode> {
  const { recipients, recipient } = envelope;
  if (Array.isArray(recipients)) return fromAllRows(recipients, digest, selfAid, selfDeviceId);
  if (isJsonObject(recipient)) return fromOwnRow(recipient, envelope.merkle_proof, digest);
  return resultErr('not_recipient', 'not_recipient: envelope holds neither recipients nor recipient');
}

function fromAllRows(
  recipients: readonly unknown[],
  digest: string,
  selfAid: string,
  selfDeviceId: string,
): Result<SelectedRow, DecryptCode> {
  const rows = rowsFromArray(recipients);
  if (rows === null || recipientsDigest(rows) !== digest) {
    return resultErr('recipients_digest_mismatch', 'recipients_digest mismatch');
  }
  const row = findOwnRow(rows, selfAid, selfDeviceId);
  if (row === undefined) return resultErr('not_recipient', 'not_recipient: no row for this AID and device');
  return resultOk({ row, perDevice: false });
}

/** The first row for a device: its own, or one for every device of the AID (03 §8.1 4b). */
export function findOwnRow<R extends readonly string[]>(
  rows: readonly R[],
  selfAid: string,
  selfDeviceId: string,
): R | undefined {
  return rows.find(([aid, deviceId]) => aid === selfAid && (deviceId === selfDeviceId || deviceId === ''));
}

function fromOwnRow(recipient: JsonObject, proof: unknown, digest: string): Result<SelectedRow, DecryptCode> {
  const row = rowFromObject(recipient);
  const proven = proof === undefined || proof === null || digest === '';
  if (row === null || !(proven || verifyRecipientProof(row, proof, digest))) {
    return resultErr(
      'merkle_proof_invalid',
      'merkle_proof_invalid: row does not belong to recipients_digest',
    );
  }
  return resultOk({ row, perDevice: true });
}
