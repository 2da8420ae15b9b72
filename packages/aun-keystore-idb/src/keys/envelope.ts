import { isJsonObject, type JsonObject, type JsonValue, type RandomBytes } from 'aun-core';
import {
  aesGcmOpen,
  aesGcmSeal,
  base64Decode,
  base64Encode,
  CryptoError,
  concatBytes,
  utf8Decode,
  utf8Encode,
  wipe,
} from 'aun-crypto';
import { SeedKeyring } from './seed-keyring.js';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const SALT_BYTES = 16;

/** Member `_encrypted_pk` of a key record: three texts in standard base64 (08 §10.2). */
export interface KeyEnvelope {
  /** Ciphertext followed by the 16-byte tag. */
  readonly ct: string;
  /** 12 bytes. */
  readonly iv: string;
  /** 16 bytes. */
  readonly salt: string;
}

/** Encrypts a private key (PEM text) under a seed. Has no scope: it can be moved between AIDs (08 §10.2). */
export async function sealEnvelope(
  seed: string,
  pem: string,
  random: RandomBytes,
  keyring: SeedKeyring = new SeedKeyring(),
): Promise<KeyEnvelope> {
  const [salt, iv] = [random(SALT_BYTES), random(IV_BYTES)];
  const plaintext = utf8Encode(pem);
  const { ciphertext, tag } = aesGcmSeal(await keyring.key(seed, salt), iv, plaintext);
  wipe(plaintext);
  return {
    ct: base64Encode(concatBytes(ciphertext, tag)),
    iv: base64Encode(iv),
    salt: base64Encode(salt),
  };
}

/** The PEM text; null for a wrong seed, a damaged envelope, or anything that is none. */
export async function openEnvelope(
  seed: string,
  envelope: JsonValue | undefined,
  keyring: SeedKeyring = new SeedKeyring(),
): Promise<string | null> {
  const parts = isJsonObject(envelope) ? decodeParts(envelope) : null;
  if (parts === null) return null;
  const key = await keyring.key(seed, parts.salt);
  try {
    const plaintext = aesGcmOpen(key, parts.iv, parts.ciphertext, parts.tag);
    const pem = utf8Decode(plaintext);
    wipe(plaintext);
    return pem;
  } catch (error) {
    if (error instanceof CryptoError) return null;
    throw error;
  }
}

interface Parts {
  readonly ciphertext: Uint8Array;
  readonly tag: Uint8Array;
  readonly iv: Uint8Array;
  readonly salt: Uint8Array;
}

function decodeParts({ ct, iv, salt }: JsonObject): Parts | null {
  if (typeof ct !== 'string' || typeof iv !== 'string' || typeof salt !== 'string') return null;
  try {
    const sealed = base64Decode(ct);
    const parts = {
      ciphertext: sealed.subarray(0, -TAG_BYTES),
      tag: sealed.subarray(-TAG_BYTES),
      iv: base64Decode(iv),
      salt: base64Decode(salt),
    };
    return sealed.length >= TAG_BYTES && parts.iv.length === IV_BYTES && parts.salt.length > 0 ? parts : null;
  } catch (error) {
    if (error instanceof CryptoError) return null;
    throw error;
  }
}
