import { hexEncode } from 'aun-crypto';

/** Serial as lower-case hex of even length, without leading zero bytes (01 §4.4, §4.5). */
export function serialToHex(bytes: Uint8Array): string {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? '00' : hexEncode(bytes.subarray(first));
}

const hexSerial = /^(?:0x)?([0-9a-f]{1,80})$/;

/**
 * Brings a serial text into the form of {@link serialToHex}, so that serials compare as numbers: SDKs differ in
 * leading zeros (01 §4.5). `undefined` when the text is no hex number.
 */
export function normalizeSerial(text: string): string | undefined {
  const digits = hexSerial.exec(text.trim().toLowerCase().replaceAll(':', ''))?.[1];
  if (digits === undefined) return undefined;
  const significant = digits.replace(/^0+/, '');
  if (significant === '') return '00';
  return significant.length % 2 === 0 ? significant : `0${significant}`;
}
