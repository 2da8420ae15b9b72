import { generateKeyPairSync } from 'node:crypto';
import { PrivateKey } from 'aun-crypto';

/** A new key pair on either curve the hierarchy uses (01 §2.1). */
export const generatePrivateKey = (curve: 'P-256' | 'P-384'): PrivateKey => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: curve });
  return PrivateKey.fromPkcs8(new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' })));
};
