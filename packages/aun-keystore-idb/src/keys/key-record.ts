import { isJsonObject, type JsonObject, type JsonValue, type KeyPairRecord } from 'aun-core';
import { base64Encode, CryptoError, PrivateKey } from 'aun-crypto';
import type { KeyEnvelope } from './envelope.js';

/** What stands in a record of `key_pairs`, `pending_identities` or `pending_binds` (08 §10.1). */
export type KeyRecord =
  | { readonly kind: 'damaged' }
  | { readonly kind: 'no-key'; readonly members: JsonObject }
  | { readonly kind: 'plaintext'; readonly members: JsonObject; readonly pem: string }
  | { readonly kind: 'protected'; readonly members: JsonObject; readonly envelope: JsonValue };

const MEMBERS = ['public_key_der_b64', 'curve', '_encrypted_pk', 'private_key_pem'];

/** Null when there is no record. */
export function parseKeyRecord(value: unknown): KeyRecord | null {
  if (value === undefined || value === null) return null;
  if (!isJsonObject(value)) return { kind: 'damaged' };
  const { _encrypted_pk: envelope, private_key_pem: pem } = value;
  if (envelope !== undefined && envelope !== null) return { kind: 'protected', members: value, envelope };
  if (typeof pem === 'string' && pem !== '') return { kind: 'plaintext', members: value, pem };
  return { kind: 'no-key', members: value };
}

/** Members we do not know are carried over from the older record; a plaintext key never is. */
export function encodeKeyRecord(
  keyPair: KeyPairRecord,
  envelope: KeyEnvelope,
  older: KeyRecord | null,
): JsonObject {
  const members = older === null || older.kind === 'damaged' ? {} : older.members;
  const unknown = Object.entries(members).filter(([name]) => !MEMBERS.includes(name));
  return {
    public_key_der_b64: keyPair.publicKeyDerB64,
    curve: keyPair.curve,
    _encrypted_pk: { ...envelope },
    ...Object.fromEntries(unknown),
  };
}

/** Public key member of a record, unchecked; null when absent. Needs no seed. */
export function publicKeyOf(record: KeyRecord | null): string | null {
  if (record === null || record.kind === 'damaged' || record.kind === 'no-key') return null;
  // A legacy record may hold nothing but the private key.
  if (record.kind === 'plaintext') return keyPairOfPem(record.pem)?.publicKeyDerB64 ?? null;
  const value = record.members.public_key_der_b64;
  return typeof value === 'string' && value !== '' ? value : null;
}

/** The key pair of a PKCS#8 PEM, public part computed from the private one; null when it is no P-256 key. */
export function keyPairOfPem(pem: string): KeyPairRecord | null {
  try {
    const key = PrivateKey.fromPem(pem);
    const publicKeyDerB64 = base64Encode(key.publicKey.spki);
    const isP256 = key.curve === 'P-256';
    key.wipe();
    return isP256 ? { privateKeyPem: pem, publicKeyDerB64, curve: 'P-256' } : null;
  } catch (error) {
    if (error instanceof CryptoError) return null;
    throw error;
  }
}
