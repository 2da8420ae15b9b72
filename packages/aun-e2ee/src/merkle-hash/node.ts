import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { LEAF_PREFIX, NODE_PREFIX } from '../constants.js';

/*
 * The same hashes as `portable.ts`, for gateways that check thousands of rows per second: rows are written into one
 * scratch buffer, and digests come back as latin1 text, which costs Node half of a Buffer.
 */
const HASH_BYTES = 32;
const SCRATCH_BYTES = 4096;
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
/** The first n bytes of `scratch`, made once for each n. */
const heads: (Buffer | undefined)[] = [];
const node = Buffer.allocUnsafeSlow(NODE_PREFIX.length + 2 * HASH_BYTES);
node.write(NODE_PREFIX, 'latin1');

/** Leaf hashes of rows one after the other, 32 bytes each (03 §5.4). */
export function hashLeaves(rows: readonly (readonly string[])[]): Uint8Array {
  let digests = '';
  for (const row of rows) digests += hashLeaf(row, 'binary');
  return Buffer.from(digests, 'latin1');
}

/** Leaf hash of one row as hex: the digest of a set that has no other. */
export function hashLeafHex(row: readonly string[]): string {
  return hashLeaf(row, 'hex');
}

function hashLeaf(row: readonly string[], encoding: 'binary' | 'hex'): string {
  const [aid = '', deviceId = '', role = '', keySource = '', fp = '', spkId = '', nonce = '', key = ''] = row;
  const text = `${LEAF_PREFIX}${aid}\0${deviceId}\0${role}\0${keySource}\0${fp}\0${spkId}\0`;
  // A UTF-16 unit never becomes more than 3 bytes.
  const needed = 3 * (text.length + nonce.length + key.length);
  const fits = needed <= SCRATCH_BYTES;
  const target = fits ? scratch : Buffer.allocUnsafe(needed);
  const end = writeColumns(target, target.write(text, 'utf8'), nonce, key);
  if (!fits) return hash('sha256', target.subarray(0, end), encoding);
  let head = heads[end];
  if (head === undefined) heads[end] = head = scratch.subarray(0, end);
  return hash('sha256', head, encoding);
}

/** Writes nonce and wrapped key after `offset`; gives the end. */
function writeColumns(target: Buffer, offset: number, nonce: string, key: string): number {
  // Nonce (12 bytes) and key (48 bytes) have no padding: then both columns are one base64 text.
  if (nonce.length === 16 && key.length % 4 === 0 && !nonce.endsWith('=') && !key.endsWith('=')) {
    const both = nonce + key;
    const written = target.write(both, offset, 'base64');
    if (isCleanBase64(both, written)) return offset + written;
  }
  const middle = writeClean(target, nonce, offset);
  return writeClean(target, key, middle);
}

/**
 * Whether unpadded text is what its `written` decoded bytes encode to: Node skips what is no base64, which leaves fewer
 * bytes, and reads the URL alphabet as well. Without padding there are no unused bits.
 */
function isCleanBase64(text: string, written: number): boolean {
  return written * 4 === text.length * 3 && !text.includes('-') && !text.includes('_');
}

/** Decoded base64 when it is clean, else the text itself; gives the end. */
function writeClean(target: Buffer, text: string, offset: number): number {
  if (text.length % 4 === 0) {
    const end = offset + target.write(text, offset, 'base64');
    if (target.toString('base64', offset, end) === text) return end;
  }
  return offset + target.write(text, offset, 'utf8');
}

/** The layer above a layer of hashes; the last of an odd number is paired with itself. */
export function hashParents(layer: Uint8Array): Uint8Array {
  let digests = '';
  for (let start = 0; start < layer.length; start += 2 * HASH_BYTES) {
    const right = start + HASH_BYTES < layer.length ? start + HASH_BYTES : start;
    // A loop, because for so few bytes a call that copies costs more.
    for (let i = 0; i < HASH_BYTES; i++) {
      node[NODE_PREFIX.length + i] = layer[start + i] ?? 0;
      node[NODE_PREFIX.length + HASH_BYTES + i] = layer[right + i] ?? 0;
    }
    digests += hash('sha256', node, 'binary');
  }
  return Buffer.from(digests, 'latin1');
}
