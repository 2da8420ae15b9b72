import { concatBytes, hexEncode, sha256, utf8Encode } from 'aun-crypto';
import { tryBase64 } from '../base64.js';
import { LEAF_PREFIX, NODE_PREFIX } from '../constants.js';

const HASH_BYTES = 32;
const nodePrefix = utf8Encode(NODE_PREFIX);

/** Leaf hashes of rows one after the other, 32 bytes each (03 §5.4). */
export function hashLeaves(rows: readonly (readonly string[])[]): Uint8Array {
  const out = new Uint8Array(rows.length * HASH_BYTES);
  rows.forEach((row, i) => {
    out.set(hashLeaf(row), i * HASH_BYTES);
  });
  return out;
}

/** Leaf hash of one row as hex: the digest of a set that has no other. */
export function hashLeafHex(row: readonly string[]): string {
  return hexEncode(hashLeaf(row));
}

function hashLeaf(row: readonly string[]): Uint8Array {
  const [aid = '', deviceId = '', role = '', keySource = '', fp = '', spkId = '', nonce = '', key = ''] = row;
  const text = `${LEAF_PREFIX}${aid}\0${deviceId}\0${role}\0${keySource}\0${fp}\0${spkId}\0`;
  return sha256(concatBytes(utf8Encode(text), cleanBytes(nonce), cleanBytes(key)));
}

function cleanBytes(text: string): Uint8Array {
  return tryBase64(text) ?? utf8Encode(text);
}

/** The layer above a layer of hashes; the last of an odd number is paired with itself. */
export function hashParents(layer: Uint8Array): Uint8Array {
  const pairs = Math.ceil(layer.length / (2 * HASH_BYTES));
  const parents = new Uint8Array(pairs * HASH_BYTES);
  // One scratch buffer for every node: prefix || left || right.
  const node = new Uint8Array(nodePrefix.length + 2 * HASH_BYTES);
  node.set(nodePrefix);
  for (let i = 0; i < pairs; i++) {
    const start = i * 2 * HASH_BYTES;
    const pair = layer.subarray(start, start + 2 * HASH_BYTES);
    node.set(pair, nodePrefix.length);
    if (pair.length === HASH_BYTES) node.set(pair, nodePrefix.length + HASH_BYTES);
    parents.set(sha256(node), i * HASH_BYTES);
  }
  return parents;
}
