import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  aesGcmOpen,
  aesGcmSeal,
  base64Decode,
  base64Encode,
  CryptoError,
  hkdfSha256,
  PrivateKey,
  randomBytes,
  utf8Encode,
  wipe,
} from 'aun-crypto';
import { z } from 'zod';
import { writeFileAtomic } from './atomic-file.js';
import { CustodyError } from './custody-error.js';
import { generatePrivateKey } from './generate.js';
import { deriveMasterKey, ensureSecretFile, newDerivation, type OperatorSecret } from './secret.js';

const vaultSchema = z.object({
  version: z.literal(1),
  scheme: z.enum(['scrypt', 'hkdf-sha256']),
  salt: z.string().regex(/^[0-9a-f]{32}$/),
});

const sealedSchema = z.object({
  version: z.literal(1),
  nonce: z.string(),
  ciphertext: z.string(),
  tag: z.string(),
});

const readJson = <T>(file: string, schema: z.ZodType<T>): T => {
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new CustodyError(`The file ${file} is damaged; restore it from a backup.`, { cause });
  }
};

/**
 * Private keys on disk, each sealed with AES-256-GCM under a key derived from the operator's secret.
 * Files are named `<name>.key.json`, mode 0600, and cannot be swapped for one another (the name is authenticated).
 */
export class KeyVault {
  readonly #folder: string;
  readonly #master: Uint8Array;

  private constructor(folder: string, master: Uint8Array) {
    this.#folder = folder;
    this.#master = master;
  }

  /** @throws CustodyError for a missing, readable-by-others or wrong kind of secret */
  static open(folder: string, secret: OperatorSecret): KeyVault {
    const file = join(folder, 'vault.json');
    if (existsSync(file)) {
      const stored = readJson(file, vaultSchema);
      return new KeyVault(folder, deriveMasterKey(secret, stored));
    }
    if (secret.kind === 'file') ensureSecretFile(secret.file);
    const derivation = newDerivation(secret);
    const master = deriveMasterKey(secret, derivation);
    writeFileAtomic(file, `${JSON.stringify({ version: 1, ...derivation }, null, 2)}\n`, 0o600);
    return new KeyVault(folder, master);
  }

  #path(name: string): string {
    return join(this.#folder, `${name}.key.json`);
  }

  #keyFor(name: string): Uint8Array {
    return hkdfSha256(this.#master, new Uint8Array(0), utf8Encode(`aun-gateway/key/${name}`), 32);
  }

  has(name: string): boolean {
    return existsSync(this.#path(name));
  }

  /** Makes a key pair and stores it before anybody can use it. */
  create(name: string, curve: 'P-256' | 'P-384'): PrivateKey {
    return this.createNamed(() => name, curve);
  }

  /** Like `create`, with a name that comes from the key. */
  createNamed(nameOf: (key: PrivateKey) => string, curve: 'P-256' | 'P-384'): PrivateKey {
    const key = generatePrivateKey(curve);
    const name = nameOf(key);
    const plain = key.toPkcs8();
    const nonce = randomBytes(12);
    const { ciphertext, tag } = aesGcmSeal(this.#keyFor(name), nonce, plain, utf8Encode(name));
    wipe(plain);
    const sealed = {
      version: 1,
      nonce: base64Encode(nonce),
      ciphertext: base64Encode(ciphertext),
      tag: base64Encode(tag),
    };
    writeFileAtomic(this.#path(name), `${JSON.stringify(sealed)}\n`, 0o600);
    return key;
  }

  /** @throws CustodyError when the file is missing or damaged or the secret is wrong */
  read(name: string): PrivateKey {
    const file = this.#path(name);
    if (!existsSync(file)) throw new CustodyError(`The private key ${file} is missing.`);
    const sealed = readJson(file, sealedSchema);
    try {
      const plain = aesGcmOpen(
        this.#keyFor(name),
        base64Decode(sealed.nonce),
        base64Decode(sealed.ciphertext),
        base64Decode(sealed.tag),
        utf8Encode(name),
      );
      const key = PrivateKey.fromPkcs8(plain);
      wipe(plain);
      return key;
    } catch (cause) {
      if (!(cause instanceof CryptoError)) throw cause;
      throw new CustodyError(
        `The private key ${file} cannot be decrypted: wrong passphrase or secret file.`,
        { cause },
      );
    }
  }
}
