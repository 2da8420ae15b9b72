import { Buffer } from 'node:buffer';
import { hash } from 'node:crypto';
import { LEAF_PREFIX, NODE_PREFIX } from '../constants.js';

/*
 * The same hashes as `portable.ts`, for gateways that check thousands of rows per second: rows are written into one
 * scratch buffer, the wraps of all rows are decoded in one call, and digests come back as latin1 text, which costs Node
 * half of a Buffer.
 */
type Row = readonly string[];

const HASH_WORDS = 8;
const SCRATCH_BYTES = 4096;
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
/** The first n bytes of `scratch`, made once for each n. */
const heads: (Buffer | undefined)[] = [];
const utf8 = new TextEncoder();

/** Base64 characters of a wrap as every sender writes it: a nonce of 12 bytes, a key of 48; neither has padding. */
const NONCE_CHARS = 16;
const KEY_CHARS = 64;
const WRAP_BYTES = 60;

/** Prefix and two hashes; the hashes stand on a word boundary, so that they are copied by words. */
const wordAligned = 4 * Math.ceil(NODE_PREFIX.length / 4);
const nodeMemory = new ArrayBuffer(wordAligned + 8 * HASH_WORDS);
const node = Buffer.from(nodeMemory, wordAligned - NODE_PREFIX.length);
const nodeWords = new Uint32Array(nodeMemory, wordAligned);
node.write(NODE_PREFIX, 'latin1');

/** Leaf hashes of rows one after the other, 32 bytes each (03 §5.4). */
export function hashLeaves(rows: readonly Row[]): Uint8Array {
  const wraps = decodeWraps(rows);
  let digests = '';
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] ?? [];
    digests += wraps === null ? hashLeaf(row, 'binary') : hashWrapped(row, wraps, i * WRAP_BYTES);
  }
  return bytesOf(digests);
}

/** Leaf hash of one row as hex: the digest of a set that has no other. */
export function hashLeafHex(row: Row): string {
  return hashLeaf(row, 'hex');
}

/** Nonces and keys of all rows, {@link WRAP_BYTES} each; null unless all have the usual form and are clean base64. */
function decodeWraps(rows: readonly Row[]): Buffer | null {
  let text = '';
  for (const { 6: nonce = '', 7: key = '' } of rows) {
    if (nonce.length !== NONCE_CHARS || key.length !== KEY_CHARS) return null;
    text += nonce + key;
  }
  const bytes = Buffer.from(text, 'base64');
  return isCleanBase64(text, bytes.length) ? bytes : null;
}

function hashWrapped(row: Row, wraps: Buffer, offset: number): string {
  const text = textColumns(row);
  if (!fits(text.length + WRAP_BYTES)) return hashLeaf(row, 'binary');
  const end = utf8.encodeInto(text, scratch).written;
  wraps.copy(scratch, end, offset, offset + WRAP_BYTES);
  return hash('sha256', head(end + WRAP_BYTES), 'binary');
}

function hashLeaf(row: Row, encoding: 'binary' | 'hex'): string {
  const { 6: nonce = '', 7: key = '' } = row;
  const text = textColumns(row);
  const units = text.length + nonce.length + key.length;
  const isShort = fits(units);
  const target = isShort ? scratch : Buffer.allocUnsafe(3 * units);
  const end = writeWrap(target, utf8.encodeInto(text, target).written, nonce, key);
  return hash('sha256', isShort ? head(end) : target.subarray(0, end), encoding);
}

/** The columns that are hashed as text, and what separates them. */
function textColumns(row: Row): string {
  const [aid = '', deviceId = '', role = '', keySource = '', fp = '', spkId = ''] = row;
  return `${LEAF_PREFIX}${aid}\0${deviceId}\0${role}\0${keySource}\0${fp}\0${spkId}\0`;
}

/** A UTF-16 unit never becomes more than 3 bytes. */
const fits = (units: number): boolean => 3 * units <= SCRATCH_BYTES;

function head(length: number): Buffer {
  let view = heads[length];
  if (view === undefined) heads[length] = view = scratch.subarray(0, length);
  return view;
}

/** Writes nonce and wrapped key after `offset`; gives the end. */
function writeWrap(target: Buffer, offset: number, nonce: string, key: string): number {
  // Without padding both columns are one base64 text.
  if (nonce.length === NONCE_CHARS && key.length % 4 === 0 && !nonce.endsWith('=') && !key.endsWith('=')) {
    const both = nonce + key;
    const written = target.write(both, offset, 'base64');
    if (isCleanBase64(both, written)) return offset + written;
  }
  const middle = writeClean(target, nonce, offset);
  return writeClean(target, key, middle);
}

/**
 * Whether unpadded text is what its `written` decoded bytes encode to: Node skips what is no base64, which leaves fewer
 * bytes, reads the URL alphabet as well, and of a character beyond ASCII only its low byte. Without padding there are
 * no unused bits.
 */
function isCleanBase64(text: string, written: number): boolean {
  return (
    written * 4 === text.length * 3 &&
    !text.includes('-') &&
    !text.includes('_') &&
    Buffer.byteLength(text) === text.length
  );
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
  const words = new Uint32Array(layer.buffer, layer.byteOffset, layer.length / 4);
  let digests = '';
  for (let left = 0; left < words.length; left += 2 * HASH_WORDS) {
    const right = left + HASH_WORDS < words.length ? left + HASH_WORDS : left;
    // A loop, because for so few bytes a call that copies costs more.
    for (let i = 0; i < HASH_WORDS; i++) {
      nodeWords[i] = words[left + i] ?? 0;
      nodeWords[HASH_WORDS + i] = words[right + i] ?? 0;
    }
    digests += hash('sha256', node, 'binary');
  }
  return bytesOf(digests);
}

/** Memory of its own, on a word boundary. */
function bytesOf(digests: string): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(digests.length);
  bytes.write(digests, 'latin1');
  return bytes;
}
