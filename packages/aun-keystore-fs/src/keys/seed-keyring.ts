import { hexEncode, hmacSha256, pbkdf2Sha256, pbkdf2Sha256Async, sha256, utf8Encode, wipe } from 'aun-crypto';
import type { Steps } from '../steps.js';

const SALT = utf8Encode('aun_file_secret_store_v1');
const ITERATIONS = 100_000;
const KEY_BYTES = 32;
const MAX_CACHED = 16;

/** Master key of a seed: PBKDF2-HMAC-SHA-256, 100 000 iterations (08 §4.2). The seed is used as it is. */
export function deriveMasterKey(seed: string | Uint8Array): Uint8Array {
  return pbkdf2Sha256(seedBytes(seed), SALT, ITERATIONS, KEY_BYTES);
}

/** Key of one record: HMAC-SHA-256(master, `aun:` scope `:` name 0x01) (08 §4.2). */
export function deriveFieldKey(masterKey: Uint8Array, scope: string, name: string): Uint8Array {
  return hmacSha256(masterKey, utf8Encode(`aun:${scope}:${name}\x01`));
}

const seedBytes = (seed: string | Uint8Array): Uint8Array =>
  typeof seed === 'string' ? utf8Encode(seed) : seed;

/** Master keys by seed, derived once (tens of ms each) and wiped on close. Holds a seed only as its hash. */
export class SeedKeyring {
  readonly #keys = new Map<string, Uint8Array>();

  /** The keyring's own copy: do not wipe. */
  *masterKey(seed: string | Uint8Array): Steps<Uint8Array> {
    const bytes = seedBytes(seed);
    const id = hexEncode(sha256(SALT, bytes));
    const known = this.#keys.get(id);
    if (known !== undefined) return known;
    let made = new Uint8Array(0);
    yield {
      kind: 'work',
      sync: () => {
        made = new Uint8Array(pbkdf2Sha256(bytes, SALT, ITERATIONS, KEY_BYTES));
      },
      async: async () => {
        made = new Uint8Array(await pbkdf2Sha256Async(bytes, SALT, ITERATIONS, KEY_BYTES));
      },
    };
    this.#remember(id, made);
    return made;
  }

  *fieldKey(seed: string | Uint8Array, scope: string, name: string): Steps<Uint8Array> {
    return deriveFieldKey(yield* this.masterKey(seed), scope, name);
  }

  wipe(): void {
    for (const key of this.#keys.values()) wipe(key);
    this.#keys.clear();
  }

  #remember(id: string, key: Uint8Array): void {
    if (this.#keys.size >= MAX_CACHED) {
      // The evicted key may still be in use by a running operation, so it is dropped, not wiped.
      const oldest = this.#keys.keys().next().value;
      if (oldest !== undefined) this.#keys.delete(oldest);
    }
    this.#keys.set(id, key);
  }
}
