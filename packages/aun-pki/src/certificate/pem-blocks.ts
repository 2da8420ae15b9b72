import { type Result, resultErr, resultOk } from 'aun-core';
import { CryptoError, pemDecode } from 'aun-crypto';

export interface PemBlock {
  /** From the BEGIN to the END line, no final newline. */
  readonly text: string;
  readonly der: Uint8Array;
}

/**
 * Finds the blocks of one label in order; text between and after them is ignored. A block whose body does not
 * decode is reported in its place. Scans once, without backtracking.
 */
export function pemBlocks(text: string, label: string, limit: number): Result<PemBlock, 'pem_malformed'>[] {
  const begin = `-----BEGIN ${label}-----`;
  const end = `-----END ${label}-----`;
  const blocks: Result<PemBlock, 'pem_malformed'>[] = [];
  let from = text.indexOf(begin);
  while (from >= 0 && blocks.length < limit) {
    const to = text.indexOf(end, from + begin.length);
    if (to < 0) {
      blocks.push(resultErr('pem_malformed', `the ${label} block has no end line`));
      break;
    }
    blocks.push(decodeBlock(text.slice(from, to + end.length), label));
    from = text.indexOf(begin, to + end.length);
  }
  return blocks;
}

function decodeBlock(text: string, label: string): Result<PemBlock, 'pem_malformed'> {
  try {
    return resultOk({ text, der: pemDecode(text).der });
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return resultErr('pem_malformed', `the ${label} block does not decode: ${error.message}`, error);
  }
}
