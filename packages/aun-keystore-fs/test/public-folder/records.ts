import { createCipheriv, createDecipheriv, createHmac, pbkdf2Sync } from 'node:crypto';

/** 08 §4.2 with Node's own cryptography: nothing of the store is used on this side. */
export function fieldKey(seed: string | Buffer, scope: string, name: string): Buffer {
  const master = pbkdf2Sync(seed, 'aun_file_secret_store_v1', 100_000, 32, 'sha256');
  return createHmac('sha256', master).update(`aun:${scope}:${name}\x01`, 'utf8').digest();
}

export interface ProtectedRecord {
  readonly scheme: string;
  readonly name: string;
  readonly persisted: boolean;
  readonly nonce: string;
  readonly ciphertext: string;
  readonly tag: string;
}

export interface RecordPlace {
  readonly seed: string;
  readonly scope: string;
  readonly name: string;
}

/** TypeScript and Go write base64, Python lower-case hex (08 §4.3). */
export function protect(
  { seed, scope, name }: RecordPlace,
  pem: string,
  nonce: Buffer,
  alphabet: 'base64' | 'hex' = 'base64',
): ProtectedRecord {
  const cipher = createCipheriv('aes-256-gcm', fieldKey(seed, scope, name), nonce);
  const ciphertext = Buffer.concat([cipher.update(pem, 'utf8'), cipher.final()]);
  return {
    scheme: 'file_aes',
    name,
    persisted: true,
    nonce: nonce.toString(alphabet),
    ciphertext: ciphertext.toString(alphabet),
    tag: cipher.getAuthTag().toString(alphabet),
  };
}

/** Reads as a public SDK does: hex when it could be hex. */
export function unprotect({ seed, scope, name }: RecordPlace, record: ProtectedRecord): string {
  if (record.scheme !== 'file_aes' || record.name !== name) throw new Error('another scheme or name');
  const [nonce, ciphertext, tag] = [record.nonce, record.ciphertext, record.tag].map((text) =>
    Buffer.from(text, text.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(text) ? 'hex' : 'base64'),
  ) as [Buffer, Buffer, Buffer];
  const decipher = createDecipheriv('aes-256-gcm', fieldKey(seed, scope, name), nonce);
  decipher.setAuthTag(tag);
  return decipher.update(ciphertext, undefined, 'utf8') + decipher.final('utf8');
}
