import { concatBytes, hexEncode, sha256, utf8Encode } from 'aun-crypto';
import { hashLeafHex, hashLeaves, hashParents } from '#merkle-hash';
import { tryHex } from './base64.js';
import { NODE_PREFIX } from './constants.js';
import type { MerkleStep, RecipientRow } from './envelope.js';

const HASH_BYTES = 32;
const nodePrefix = utf8Encode(NODE_PREFIX);

/** Ascending by aid, device_id, role; plain string comparison, stable, a new array (03 §5.4). */
export function sortRecipients<R extends readonly string[]>(rows: readonly R[]): R[] {
  return [...rows].sort(compareRecipients);
}

/** Order of two rows by (aid, device_id, role); 0 for rows that may not stand in one envelope together. */
export function compareRecipients(a: readonly string[], b: readonly string[]): number {
  return compare(a[0], b[0]) || compare(a[1], b[1]) || compare(a[2], b[2]);
}

function compare(a = '', b = ''): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** SHA-256 leaf of one row; columns that are no clean base64 are hashed as text, missing ones as `""` (03 §5.4). */
export function recipientLeaf(row: readonly string[]): Uint8Array {
  return hashLeaves([row]);
}

/** Hash tree over rows in the given order: build once, then read the root and any proof in O(log n). */
export interface RecipientTree {
  /** `recipients_digest`: lower-case hex; `""` without rows. */
  readonly root: string;
  /** Path of the row at `index` from leaf to root; `[]` for a single row. Throws RangeError outside the rows. */
  proof(index: number): MerkleStep[];
}

/** Builds the tree of 03 §5.4. Rows are not sorted here. */
export function recipientTree(rows: readonly (readonly string[])[]): RecipientTree {
  const [only] = rows;
  // Most messages have one row, and a gateway sees all of them.
  if (rows.length === 1 && only !== undefined) {
    return { root: hashLeafHex(only), proof: (index) => proofFrom([], 1, index) };
  }
  const layers = rows.length === 0 ? [] : buildLayers(rows);
  const top = layers.at(-1);
  return {
    root: top === undefined ? '' : hexEncode(top),
    proof: (index) => proofFrom(layers, rows.length, index),
  };
}

function buildLayers(rows: readonly (readonly string[])[]): Uint8Array[] {
  let layer = hashLeaves(rows);
  const layers = [layer];
  while (layer.length > HASH_BYTES) {
    layer = hashParents(layer);
    layers.push(layer);
  }
  return layers;
}

function proofFrom(layers: readonly Uint8Array[], rows: number, index: number): MerkleStep[] {
  if (!Number.isInteger(index) || index < 0 || index >= rows) {
    throw new RangeError(`recipient index ${index} is outside 0..${rows - 1}`);
  }
  const steps: MerkleStep[] = [];
  let position = index;
  for (const layer of layers.slice(0, -1)) {
    const last = layer.length / HASH_BYTES - 1;
    const sibling = position % 2 === 1 ? position - 1 : Math.min(position + 1, last);
    const hash = layer.subarray(sibling * HASH_BYTES, (sibling + 1) * HASH_BYTES);
    // A duplicated last node is its own sibling and stands on the right.
    steps.push({ sibling: hexEncode(hash), position: position % 2 === 1 ? 'L' : 'R' });
    position = Math.floor(position / 2);
  }
  return steps;
}

/** Bytes of {@link recipientsDigest}; none without rows. */
export function recipientsRoot(rows: readonly (readonly string[])[]): Uint8Array {
  return rows.length === 0 ? new Uint8Array(0) : (buildLayers(rows).at(-1) ?? new Uint8Array(0));
}

/** Merkle root of the rows in the given order, lower-case hex; `""` without rows (03 §5.4). */
export function recipientsDigest(rows: readonly (readonly string[])[]): string {
  return recipientTree(rows).root;
}

/** Merkle path of one row. For several rows of one envelope build {@link recipientTree} once. */
export function recipientProof(rows: readonly (readonly string[])[], index: number): MerkleStep[] {
  return recipientTree(rows).proof(index);
}

/** True when `proof` leads from the row to `root` (compared as text, lower case). Any JSON value is safe as proof. */
export function verifyRecipientProof(
  row: readonly string[] | RecipientRow,
  proof: unknown,
  root: unknown,
): boolean {
  if (typeof root !== 'string' || root === '' || !Array.isArray(proof)) return false;
  // 64 steps cover 2^64 rows; more is an attempt to burn time.
  if (proof.length > 64) return false;
  let hash = recipientLeaf(row);
  for (const step of proof) {
    const sibling = stepSibling(step);
    if (sibling === null) return false;
    hash = sibling.left
      ? sha256(concatBytes(nodePrefix, sibling.bytes, hash))
      : sha256(concatBytes(nodePrefix, hash, sibling.bytes));
  }
  return hexEncode(hash) === root;
}

function stepSibling(step: unknown): { left: boolean; bytes: Uint8Array } | null {
  if (typeof step !== 'object' || step === null) return null;
  const { sibling, position } = step as { sibling?: unknown; position?: unknown };
  if (typeof sibling !== 'string' || sibling.length > 2 * HASH_BYTES) return null;
  if (position !== 'L' && position !== 'R') return null;
  const bytes = tryHex(sibling);
  return bytes === null ? null : { left: position === 'L', bytes };
}
