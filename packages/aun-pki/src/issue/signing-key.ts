import type { PrivateKey } from 'aun-crypto';
import { toBuffer } from '../asn1/bytes.js';

const imported = new WeakMap<PrivateKey, Promise<CryptoKey>>();

/** The WebCrypto handle of a key, imported once; not extractable. */
export function signingKey(key: PrivateKey): Promise<CryptoKey> {
  const known = imported.get(key);
  if (known !== undefined) return known;
  const fresh = crypto.subtle.importKey(
    'pkcs8',
    toBuffer(key.toPkcs8()),
    { name: 'ECDSA', namedCurve: key.curve },
    false,
    ['sign'],
  );
  imported.set(key, fresh);
  return fresh;
}

/** The hash that belongs to the curve (01 §2.1). */
export function signingAlgorithm(key: PrivateKey): { name: 'ECDSA'; hash: 'SHA-256' | 'SHA-384' } {
  return { name: 'ECDSA', hash: key.curve === 'P-384' ? 'SHA-384' : 'SHA-256' };
}

/** RFC 5280 §4.2.1.2 method 1: SHA-1 of the public point. Names a key, protects nothing. */
export async function keyIdentifier(point: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-1', toBuffer(point)));
}
