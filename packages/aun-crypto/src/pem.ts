import { base64Decode, base64Encode } from './base64.js';
import { CryptoError } from './error.js';

/** One PEM block: `CERTIFICATE`, `PRIVATE KEY`, ... and its DER. */
export interface PemBlock {
  readonly label: string;
  readonly der: Uint8Array;
}

const BEGIN = '-----BEGIN ';
const DASHES = '-----';

/** PEM with lines of 64 characters, LF, and a line feed at the end. */
export function pemEncode(label: string, der: Uint8Array): string {
  const body = base64Encode(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${body.map((line) => `${line}\n`).join('')}-----END ${label}-----\n`;
}

/** The first block of `text`; CRLF, white space in the body and text around the block are fine. Throws `invalid_pem`. */
export function pemDecode(text: string): PemBlock {
  const next = typeof text === 'string' ? nextBlock(text, 0) : undefined;
  if (next === undefined) throw new CryptoError('invalid_pem', 'text contains no PEM block');
  return next.block;
}

/** Every block in order; no block at all gives `[]`, a damaged one throws `invalid_pem`. */
export function pemDecodeAll(text: string): PemBlock[] {
  if (typeof text !== 'string') throw new CryptoError('invalid_pem', 'PEM must be a string');
  const blocks: PemBlock[] = [];
  for (let next = nextBlock(text, 0); next !== undefined; next = nextBlock(text, next.end)) {
    blocks.push(next.block);
  }
  return blocks;
}

function nextBlock(text: string, from: number): { block: PemBlock; end: number } | undefined {
  const begin = text.indexOf(BEGIN, from);
  if (begin < 0) return undefined;
  const labelEnd = text.indexOf(DASHES, begin + BEGIN.length);
  const label = labelEnd < 0 ? '' : text.slice(begin + BEGIN.length, labelEnd);
  if (label === '' || /[\r\n]/.test(label))
    throw new CryptoError('invalid_pem', 'PEM header line is damaged');
  const footer = `-----END ${label}-----`;
  const bodyStart = labelEnd + DASHES.length;
  const bodyEnd = text.indexOf(footer, bodyStart);
  if (bodyEnd < 0) throw new CryptoError('invalid_pem', `PEM block ${label} has no end line`);
  return {
    block: { label, der: decodeBody(label, text.slice(bodyStart, bodyEnd)) },
    end: bodyEnd + footer.length,
  };
}

function decodeBody(label: string, body: string): Uint8Array {
  try {
    return base64Decode(body.replace(/[ \t\r\n]+/g, ''));
  } catch (cause) {
    throw new CryptoError('invalid_pem', `PEM block ${label} is not base64`, { cause });
  }
}
