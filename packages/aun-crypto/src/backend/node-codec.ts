import { Scratch } from './node-scratch.js';

const scratch = new Scratch(1024);

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** Short bytes are encoded from the scratch memory: V8 keeps small arrays in its heap, a Buffer would move them out. */
export function encode(bytes: Uint8Array, encoding: 'hex' | 'base64'): string {
  const { length } = bytes;
  if (length > scratch.size) return asBuffer(bytes).toString(encoding);
  scratch.bytes.set(bytes);
  const text = scratch.bytes.toString(encoding, 0, length);
  scratch.wipe(length);
  return text;
}

/** What Node reads from `text`, which may be less than all of it. */
export function decode(text: string, encoding: 'hex' | 'base64'): Uint8Array {
  if (text.length > scratch.size) return ownCopy(Buffer.from(text, encoding));
  const length = scratch.bytes.write(text, 0, encoding);
  const bytes = scratch.copy(length);
  scratch.wipe(length);
  return bytes;
}

/** Moves decoded bytes, which may be secrets, out of Node's shared pool. */
function ownCopy(pooled: Buffer): Uint8Array {
  const bytes = new Uint8Array(pooled);
  pooled.fill(0);
  return bytes;
}

export function hexDecode(text: string): Uint8Array | undefined {
  const bytes = decode(text, 'hex');
  return bytes.length * 2 === text.length ? bytes : undefined;
}
