import { concatBytes } from './bytes.js';

/** One DER element: tag and content. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
}

export const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  sequence: 0x30,
  context0: 0xa0,
  context1: 0xa1,
} as const;

/**
 * The elements that make up `der` exactly, or undefined: one-byte tags, definite minimal lengths below 64 KiB,
 * nothing left over. Enough for keys and signatures; certificates are parsed elsewhere.
 */
export function derElements(der: Uint8Array): DerElement[] | undefined {
  const elements: DerElement[] = [];
  let offset = 0;
  while (offset < der.length) {
    const tag = der[offset] ?? 0;
    if ((tag & 0x1f) === 0x1f) return undefined;
    let length = der[offset + 1];
    offset += 2;
    if (length === undefined || length === 0x80 || length > 0x82) return undefined;
    if (length > 0x80) {
      const count = length - 0x80;
      const high = der[offset];
      const low = count === 2 ? der[offset + 1] : high;
      if (high === undefined || low === undefined) return undefined;
      length = count === 2 ? high * 256 + low : low;
      if (length < (count === 2 ? 256 : 128)) return undefined;
      offset += count;
    }
    if (offset + length > der.length) return undefined;
    elements.push({ tag, content: der.subarray(offset, offset + length) });
    offset += length;
  }
  return elements;
}

/** The members of the single element with `tag` that `der` consists of. */
export function derMembers(der: Uint8Array, tag: number = TAG.sequence): DerElement[] | undefined {
  const elements = derElements(der);
  const only = elements?.[0];
  return elements?.length === 1 && only?.tag === tag ? derElements(only.content) : undefined;
}

export function derEncode(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of content) length += part.length;
  const header =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return concatBytes(Uint8Array.from(header), ...content);
}
