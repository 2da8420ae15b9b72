import { base64Decode, hexDecode, PrivateKey, PublicKey } from 'aun-crypto';

export const privateKey = (hex: string): PrivateKey => PrivateKey.fromScalar(hexDecode(hex));
export const publicKey = (spki: string): PublicKey => PublicKey.fromSpki(base64Decode(spki));

/** A random source that hands out known values in order and refuses to go beyond them. */
export function scripted(...values: readonly string[]): (length: number) => Uint8Array {
  const queue = values.map(hexDecode);
  return (length) => {
    const next = queue.shift();
    if (next === undefined) throw new Error('the script of random values is exhausted');
    if (next.length !== length) throw new Error(`asked for ${length} bytes, the script has ${next.length}`);
    return next;
  };
}
