import type { PublicKey } from 'aun-crypto';
import { publicKeyFromText } from 'aun-pki';
import { invalidParams } from '../../rpc/failure.js';

/** Reads a P-256 key param; the certificate must carry exactly these bytes, so only the canonical form passes. */
export const requirePublicKey = (field: string, text: string): PublicKey => {
  const key = publicKeyFromText(text);
  if (!key.ok) throw invalidParams(field, `invalid ${field}: ${key.error.message}`);
  return key.data;
};
