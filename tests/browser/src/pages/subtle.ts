import { utf8Encode } from 'aun-crypto';
import { WRAP_INFO } from 'aun-e2ee';

// What a key wrap would be on WebCrypto alone; only to be measured.

type Bytes = Uint8Array<ArrayBuffer>;

const curve = { name: 'ECDH', namedCurve: 'P-256' } as const;
const { subtle } = crypto;

export const importOwn = (pkcs8: Uint8Array): Promise<CryptoKey> =>
  subtle.importKey('pkcs8', new Uint8Array(pkcs8), curve, false, ['deriveBits']);

export const importPeer = (spki: Bytes): Promise<CryptoKey> =>
  subtle.importKey('spki', spki, curve, false, []);

export async function subtleEcdh(own: CryptoKey, peer: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await subtle.deriveBits({ name: 'ECDH', public: peer }, own, 256));
}

/** HKDF and AES-GCM of a 1DH wrap (03 §5.3). */
export async function subtleWrap(secret: Bytes, salt: Bytes, nonce: Bytes, masterKey: Bytes): Promise<Bytes> {
  const material = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
  const info = new Uint8Array(utf8Encode(WRAP_INFO['1DH']));
  const hkdf = { name: 'HKDF', hash: 'SHA-256', salt, info };
  const key = await subtle.deriveKey(hkdf, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt']);
  return new Uint8Array(await subtle.encrypt({ name: 'AES-GCM', iv: nonce }, key, masterKey));
}
