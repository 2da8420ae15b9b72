import type { JsonObject } from 'aun-core';
import type { RecipientObject, RecipientRow } from './envelope.js';

/** Members of a row by name, in the form handed to one device (03 §7). */
export function recipientObject(row: readonly string[]): RecipientObject {
  const [aid, device_id, role, key_source, fp, spk_id, wrap_nonce, wrapped_key] = padded(row);
  return { aid, device_id, role, key_source, fp, spk_id, wrap_nonce, wrapped_key };
}

/** The row of a `recipient` object; missing and null members count as `""`, members of another type give null. */
export function rowFromObject(recipient: JsonObject): RecipientRow | null {
  const { aid, device_id, role, key_source, fp, spk_id, wrap_nonce, wrapped_key } = recipient;
  return rowFromColumns([aid, device_id, role, key_source, fp, spk_id, wrap_nonce, wrapped_key]);
}

/** Rows of a `recipients` array; missing columns count as `""`, anything but text gives null (03 §5.4). */
export function rowsFromArray(recipients: readonly unknown[]): RecipientRow[] | null {
  const rows: RecipientRow[] = [];
  for (const value of recipients) {
    const row = Array.isArray(value) && value.length <= 8 ? rowFromColumns(value) : null;
    if (row === null) return null;
    rows.push(row);
  }
  return rows;
}

function rowFromColumns(values: readonly unknown[]): RecipientRow | null {
  const columns: string[] = [];
  for (const value of values) {
    if (typeof value === 'string') columns.push(value);
    else if (value === undefined || value === null) columns.push('');
    else return null;
  }
  return padded(columns);
}

function padded(row: readonly string[]): RecipientRow {
  const [aid = '', deviceId = '', role = '', keySource = '', fp = '', spkId = '', nonce = '', key = ''] = row;
  return [aid, deviceId, role, keySource, fp, spkId, nonce, key];
}
