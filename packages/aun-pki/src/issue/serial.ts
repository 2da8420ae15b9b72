import type { RandomBytes } from 'aun-core';
import { hexEncode, randomBytes } from 'aun-crypto';

/**
 * A serial of 16 random bytes whose first byte is 0x10 to 0x7F: other first bytes make the public SDKs miss the serial
 * in CRLs (01 §3.3). 32 hex digits.
 */
export function newSerial(random: RandomBytes = randomBytes): string {
  for (;;) {
    const bytes = random(16);
    const first = (bytes[0] ?? 0) & 0x7f;
    if (first < 0x10) continue;
    bytes[0] = first;
    return hexEncode(bytes);
  }
}
