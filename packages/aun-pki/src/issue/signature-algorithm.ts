import { ecdsaWithSHA256, ecdsaWithSHA384 } from '@peculiar/asn1-ecc';
import type { AlgorithmIdentifier } from '@peculiar/asn1-x509';
import type { PrivateKey } from 'aun-crypto';

/** ECDSA with the hash of the curve (01 §2.1). */
export function signatureAlgorithmOf(key: PrivateKey): AlgorithmIdentifier {
  return key.curve === 'P-384' ? ecdsaWithSHA384 : ecdsaWithSHA256;
}
