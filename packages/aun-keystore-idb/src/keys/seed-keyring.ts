import { hexEncode, sha256, utf8Encode, wipe } from 'aun-crypto';
import { deriveKey } from './derive-key.js';

const MAX_CACHED = 64;

/** Envelope keys by seed and salt, derived once (tens of ms each) and wiped on close. Holds a seed only as its hash. */
export class SeedKeyring {
  readonly #keys = new Map<string, Promise<Uint8Array>>();

  /** The keyring's own copy: do not wipe. */
  key(seed: string, salt: Uint8Array): Promise<Uint8Array> {
    const password = utf8Encode(seed);
    const id = hexEncode(sha256(sha256(salt), password));
    const known = this.#keys.get(id);
    if (known !== undefined) return known;
    const made = deriveKey(password, salt);
    if (this.#keys.size >= MAX_CACHED) {
      // The evicted key may still be in use by a running operation, so it is dropped, not wiped.
      const oldest = this.#keys.keys().next().value;
      if (oldest !== undefined) this.#keys.delete(oldest);
    }
    this.#keys.set(id, made);
    return made;
  }

  async wipe(): Promise<void> {
    const keys = [...this.#keys.values()];
    this.#keys.clear();
    for (const key of await Promise.allSettled(keys)) if (key.status === 'fulfilled') wipe(key.value);
  }
}
