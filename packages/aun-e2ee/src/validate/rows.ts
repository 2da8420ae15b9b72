import { KeySource } from '../constants.js';
import type { RecipientRow } from '../envelope.js';
import { compareRecipients } from '../merkle.js';
import { accept, invalid, type Verdict } from './verdict.js';

/** Most rows one P2P envelope may carry (04 §5.2 check 6). */
export const MAX_P2P_ROWS = 512;

/** Each row as 8 strings; a per-AID row only with `aid_master` and without prekey (04 §5.2, 05 §9.3 check 6). */
export function parseRows(
  recipients: unknown,
  path: string,
  maxRows: number,
): Verdict<readonly RecipientRow[]> {
  if (!Array.isArray(recipients)) return invalid(path, 'must be an array');
  if (recipients.length === 0) return invalid(path, 'must not be empty');
  if (recipients.length > maxRows) return invalid(path, `must not have more than ${maxRows} rows`);
  for (let i = 0; i < recipients.length; i++) {
    const row: unknown = recipients[i];
    if (!isRow(row)) return invalid(`${path}[${i}]`, 'must be an array of 8 strings');
    if (row[1] === '' && (row[3] !== KeySource.aidMaster || row[5] !== '')) {
      return invalid(`${path}[${i}]`, 'a row for all devices needs key_source aid_master and no spk_id');
    }
  }
  return accept(recipients as readonly RecipientRow[]);
}

function isRow(value: unknown): value is RecipientRow {
  if (!Array.isArray(value) || value.length !== 8) return false;
  for (const column of value) if (typeof column !== 'string') return false;
  return true;
}

/** Index of the first row that does not stand after its predecessor, and whether it repeats it; null when sorted. */
export function orderFault(rows: readonly RecipientRow[]): { index: number; duplicate: boolean } | null {
  for (let i = 1; i < rows.length; i++) {
    const order = compareRecipients(rows[i - 1] ?? [], rows[i] ?? []);
    if (order >= 0) return { index: i, duplicate: order === 0 };
  }
  return null;
}

/** True when two rows share aid, device_id and role, in whatever order they stand. */
export function duplicateIndex(rows: readonly RecipientRow[]): number | null {
  const seen = new Set<string>();
  for (const [i, [aid, deviceId, role]] of rows.entries()) {
    const key = `${aid}\0${deviceId}\0${role}`;
    if (seen.has(key)) return i;
    seen.add(key);
  }
  return null;
}
