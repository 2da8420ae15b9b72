import { isJsonObject, type JsonObject, tryParseJson } from 'aun-core';
import {
  aesGcmOpen,
  aesGcmSeal,
  CryptoError,
  concatBytes,
  hkdfSha256,
  type PrivateKey,
  randomBytes,
  utf8Decode,
  utf8Encode,
  wipe,
} from 'aun-crypto';

const INFO = utf8Encode('aun-outbox-v1');
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Hides messages that wait on disk: AES-256-GCM under a key derived from the agent's own (08, last section). */
export class ParamsSeal {
  readonly #key: Uint8Array;
  /** Messages that were queued before a change of the agent's key. */
  readonly #previous: readonly Uint8Array[];

  constructor(identityKey: PrivateKey, previousKeys: readonly PrivateKey[] = []) {
    this.#key = sealingKey(identityKey);
    this.#previous = previousKeys.map(sealingKey);
  }

  /** nonce ‖ ciphertext ‖ tag. */
  seal(params: JsonObject): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES);
    const { ciphertext, tag } = aesGcmSeal(this.#key, nonce, utf8Encode(JSON.stringify(params)));
    return concatBytes(nonce, ciphertext, tag);
  }

  /** Null when the entry was sealed with a key that the agent never had, or is damaged. */
  open(sealed: Uint8Array): JsonObject | null {
    if (sealed.length < NONCE_BYTES + TAG_BYTES) return null;
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const ciphertext = sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES);
    const tag = sealed.subarray(sealed.length - TAG_BYTES);
    for (const key of [this.#key, ...this.#previous]) {
      const text = tryOpen(key, nonce, ciphertext, tag);
      if (text === null) continue;
      const params = tryParseJson(text);
      return isJsonObject(params) ? params : null;
    }
    return null;
  }

  close(): void {
    wipe(this.#key, ...this.#previous);
  }
}

const sealingKey = (identityKey: PrivateKey): Uint8Array => {
  const scalar = identityKey.toScalar();
  const key = hkdfSha256(scalar, new Uint8Array(0), INFO, KEY_BYTES);
  wipe(scalar);
  return key;
};

const tryOpen = (
  key: Uint8Array,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  tag: Uint8Array,
): string | null => {
  try {
    return utf8Decode(aesGcmOpen(key, nonce, ciphertext, tag));
  } catch (error) {
    if (error instanceof CryptoError) return null;
    throw error;
  }
};
