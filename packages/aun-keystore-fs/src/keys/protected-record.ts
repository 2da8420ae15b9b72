import { type JsonObject, type JsonValue, KeyStoreError, type RandomBytes } from 'aun-core';
import { aesGcmOpen, aesGcmSeal, base64Decode, base64Encode, CryptoError, hexDecode } from 'aun-crypto';

/** Names of the two kinds of protected records (08 §4.2). */
export type RecordName = 'identity/private_key' | 'pending_bind/private_key' | 'check';

const SCHEME = 'file_aes';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** One draw in 3*10^7 is unusable; a source that fails this often is broken. */
const MAX_ATTEMPTS = 16;

/**
 * AES-256-GCM under the field key, members in standard base64 (08 §4.2, §4.3). A nonce is drawn again while any member
 * consists of hex digits only, because the public SDKs would read that as hex.
 */
export function sealRecord(
  fieldKey: Uint8Array,
  name: RecordName,
  plaintext: Uint8Array,
  random: RandomBytes,
): JsonObject {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const nonce = random(NONCE_BYTES);
    const sealed = aesGcmSeal(fieldKey, nonce, plaintext);
    const texts = [nonce, sealed.ciphertext, sealed.tag].map(base64Encode);
    if (texts.some(looksLikeHex)) continue;
    const [nonceText = '', ciphertext = '', tag = ''] = texts;
    return { scheme: SCHEME, name, persisted: true, nonce: nonceText, ciphertext, tag };
  }
  throw new KeyStoreError('io', 'the random source gives no usable nonce');
}

/** The plaintext; null when scheme or name differ, a part is missing, or authentication fails (08 §4.4). */
export function openRecord(fieldKey: Uint8Array, name: RecordName, record: JsonObject): Uint8Array | null {
  if (record.scheme !== SCHEME || record.name !== name) return null;
  const tags = readings(record.tag, TAG_BYTES);
  const ciphertexts = readings(record.ciphertext);
  for (const nonce of readings(record.nonce, NONCE_BYTES)) {
    for (const tag of tags) {
      for (const ciphertext of ciphertexts) {
        const plaintext = tryOpen(fieldKey, nonce, ciphertext, tag);
        if (plaintext !== null) return plaintext;
      }
    }
  }
  return null;
}

/** Hex first, then base64, as far as the text allows both and the length fits. */
function readings(value: JsonValue | undefined, length?: number): readonly Uint8Array[] {
  if (typeof value !== 'string' || value === '') return [];
  const decoded = looksLikeHex(value) ? [hexDecode(value), decodeBase64(value)] : [decodeBase64(value)];
  return decoded.filter(
    (bytes) => bytes !== null && (length === undefined || bytes.length === length),
  ) as Uint8Array[];
}

const looksLikeHex = (text: string): boolean => text.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(text);

function decodeBase64(text: string): Uint8Array | null {
  try {
    return base64Decode(text);
  } catch (error) {
    if (error instanceof CryptoError) return null;
    throw error;
  }
}

function tryOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  tag: Uint8Array,
): Uint8Array | null {
  try {
    return aesGcmOpen(key, nonce, ciphertext, tag);
  } catch (error) {
    if (error instanceof CryptoError && error.code === 'aead_failed') return null;
    throw error;
  }
}
