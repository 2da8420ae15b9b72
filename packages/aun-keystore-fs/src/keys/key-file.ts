import { isJsonObject, type JsonObject, type KeyPairRecord, tryParseJson } from 'aun-core';
import { base64Encode, CryptoError, PrivateKey, utf8Encode } from 'aun-crypto';

/** What stands in a `key.json` (08 §4.1, §4.4, §4.6). */
export type KeyFile =
  | { readonly kind: 'damaged' }
  | { readonly kind: 'no-key'; readonly members: JsonObject }
  | { readonly kind: 'plaintext'; readonly members: JsonObject; readonly pem: string }
  | { readonly kind: 'protected'; readonly members: JsonObject; readonly record: JsonObject };

const MEMBERS = ['public_key_der_b64', 'curve', 'private_key_protection', 'private_key_pem'];

export function parseKeyFile(text: string): KeyFile {
  const members = tryParseJson(text);
  if (!isJsonObject(members)) return { kind: 'damaged' };
  const record = members.private_key_protection;
  if (isJsonObject(record)) return { kind: 'protected', members, record };
  const pem = members.private_key_pem;
  if (typeof pem === 'string' && pem !== '') return { kind: 'plaintext', members, pem };
  return { kind: 'no-key', members };
}

/** Two-space JSON; members we do not know are carried over from the older file (08 §4.1). */
export function encodeKeyFile(
  keyPair: KeyPairRecord,
  protection: JsonObject,
  older?: JsonObject,
): Uint8Array {
  const unknown = Object.entries(older ?? {}).filter(([name]) => !MEMBERS.includes(name));
  const file = {
    public_key_der_b64: keyPair.publicKeyDerB64,
    curve: keyPair.curve,
    private_key_protection: protection,
    ...Object.fromEntries(unknown),
  };
  return utf8Encode(JSON.stringify(file, null, 2));
}

/** Public key member of a key file, unchecked; null when absent. */
export function publicKeyOf(file: KeyFile): string | null {
  if (file.kind === 'damaged') return null;
  const value = file.members.public_key_der_b64;
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The key pair of a PKCS#8 PEM, public part computed from the private one; null when it is no P-256 key. */
export function keyPairOfPem(pem: string): KeyPairRecord | null {
  try {
    const key = PrivateKey.fromPem(pem);
    if (key.curve !== 'P-256') return null;
    const publicKeyDerB64 = base64Encode(key.publicKey.spki);
    key.wipe();
    return { privateKeyPem: pem, publicKeyDerB64, curve: 'P-256' };
  } catch (error) {
    if (error instanceof CryptoError) return null;
    throw error;
  }
}
