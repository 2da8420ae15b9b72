import { scryptSync } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { hexDecode, hexEncode, hkdfSha256, randomBytes, utf8Encode } from 'aun-crypto';
import { writeFileAtomic } from './atomic-file.js';
import { CustodyError } from './custody-error.js';

/** scrypt cost for passphrases: about 100 ms and 32 MiB (RFC 7914). */
const scryptCost = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };

/** What unlocks the private keys: a passphrase a person types or a file only the operator can read. */
export type OperatorSecret =
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | { readonly kind: 'file'; readonly file: string };

/** How the master key comes from the secret; stored in the clear beside the keys. */
export interface KeyDerivation {
  readonly scheme: 'scrypt' | 'hkdf-sha256';
  readonly salt: string;
}

export const newDerivation = (secret: OperatorSecret): KeyDerivation => ({
  scheme: secret.kind === 'passphrase' ? 'scrypt' : 'hkdf-sha256',
  salt: hexEncode(randomBytes(16)),
});

const readSecretFile = (file: string): Uint8Array => {
  if (!existsSync(file)) {
    throw new CustodyError(`The secret file ${file} is missing; without it the keys cannot be read.`);
  }
  const mode = statSync(file).mode & 0o077;
  if (process.platform !== 'win32' && mode !== 0) {
    throw new CustodyError(`The secret file ${file} can be read by others; run: chmod 600 ${file}`);
  }
  const text = readFileSync(file, 'utf8').trim();
  if (!/^[0-9a-f]{64,}$/i.test(text) || text.length % 2 !== 0) {
    throw new CustodyError(`The secret file ${file} must hold at least 64 hex digits.`);
  }
  return hexDecode(text.toLowerCase());
};

/** Makes the secret file on first start; an existing file is left alone. */
export const ensureSecretFile = (file: string): void => {
  if (!existsSync(file)) writeFileAtomic(file, `${hexEncode(randomBytes(32))}\n`, 0o600);
};

/** The 32-byte key that encrypts all private keys. */
export const deriveMasterKey = (secret: OperatorSecret, derivation: KeyDerivation): Uint8Array => {
  const salt = hexDecode(derivation.salt);
  if (secret.kind === 'passphrase') {
    if (derivation.scheme !== 'scrypt') {
      throw new CustodyError('The keys were encrypted with a secret file, not with a passphrase.');
    }
    return new Uint8Array(scryptSync(secret.passphrase.normalize('NFC'), salt, 32, scryptCost));
  }
  if (derivation.scheme !== 'hkdf-sha256') {
    throw new CustodyError('The keys were encrypted with a passphrase; give it as ca.passphrase.');
  }
  return hkdfSha256(readSecretFile(secret.file), salt, utf8Encode('aun-gateway/master'), 32);
};
