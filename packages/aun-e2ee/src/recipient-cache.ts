import { base64Decode, ecdh, type PrivateKey, PublicKey, wipe } from 'aun-crypto';

export interface RecipientCacheOptions {
  /** Public keys kept, and secrets; at least 1, the oldest go first. Default 16 384. */
  readonly maxKeys?: number;
}

/**
 * Remembers what is expensive about the other side: parsed public keys, the static-static secrets of 3DH and which
 * prekey signatures were already verified. Give the same cache to {@link buildP2PTargets}, {@link encryptP2P} and
 * {@link openEnvelope} of one identity; {@link clear} it when the identity changes, that wipes the secrets.
 */
export class RecipientCache {
  readonly #keys = new Map<string, PublicKey>();
  readonly #secrets = new Map<PublicKey, Map<PrivateKey, Uint8Array>>();
  readonly #verified = new Set<string>();
  readonly #maxKeys: number;
  #secretCount = 0;

  /** @throws {RangeError} when `maxKeys` is no number */
  constructor({ maxKeys = 16_384 }: RecipientCacheOptions = {}) {
    if (typeof maxKeys !== 'number' || Number.isNaN(maxKeys))
      throw new RangeError('maxKeys must be a number');
    this.#maxKeys = Math.max(1, Math.floor(maxKeys));
  }

  /**
   * The key handle of a base64 SPKI, parsed once.
   *
   * @throws {CryptoError} when it is no P-256 key
   */
  publicKey(spkiBase64: string): PublicKey {
    const known = this.#keys.get(spkiBase64);
    if (known !== undefined) {
      this.#keys.delete(spkiBase64);
      this.#keys.set(spkiBase64, known);
      return known;
    }
    const key = PublicKey.fromSpki(base64Decode(spkiBase64));
    this.#keys.set(spkiBase64, key);
    this.#trim();
    return key;
  }

  /** The Diffie-Hellman secret of two long-lived keys. It is the cache's: use it at once, don't wipe it. */
  staticSecret(own: PrivateKey, peer: PublicKey): Uint8Array {
    const known = this.#secrets.get(peer)?.get(own);
    if (known !== undefined) return known;
    const secret = ecdh(own, peer);
    this.rememberSecret(own, peer, secret);
    return secret;
  }

  /** The cached secret of two keys, if there is one. */
  peekSecret(own: PrivateKey, peer: PublicKey): Uint8Array | undefined {
    return this.#secrets.get(peer)?.get(own);
  }

  /** Hands a secret computed elsewhere (a worker) to the cache. */
  rememberSecret(own: PrivateKey, peer: PublicKey, secret: Uint8Array): void {
    const known = this.#secrets.get(peer) ?? new Map<PrivateKey, Uint8Array>();
    const former = known.get(own);
    if (former === secret) return;
    if (former === undefined) this.#secretCount++;
    else wipe(former);
    // As the newest entry it is the last that trimming comes to.
    known.delete(own);
    known.set(own, secret);
    this.#secrets.delete(peer);
    this.#secrets.set(peer, known);
    this.#trimSecrets();
  }

  /** True once {@link markVerified} was called with this text. */
  isVerified(mark: string): boolean {
    return this.#verified.has(mark);
  }

  markVerified(mark: string): void {
    if (this.#verified.size >= this.#maxKeys) this.#verified.clear();
    this.#verified.add(mark);
  }

  /** Forgets everything and wipes the secrets. */
  clear(): void {
    for (const peer of [...this.#secrets.keys()]) this.#forgetSecrets(peer);
    this.#keys.clear();
    this.#verified.clear();
  }

  #trim(): void {
    for (const [text, key] of this.#keys) {
      if (this.#keys.size <= this.#maxKeys) break;
      this.#keys.delete(text);
      this.#forgetSecrets(key);
    }
  }

  /** One by one, oldest first: a sender's secrets with prekeys that were rotated away don't pile up. */
  #trimSecrets(): void {
    for (const [peer, secrets] of this.#secrets) {
      for (const [own, secret] of secrets) {
        if (this.#secretCount <= this.#maxKeys) return;
        wipe(secret);
        secrets.delete(own);
        this.#secretCount--;
      }
      this.#secrets.delete(peer);
    }
  }

  #forgetSecrets(peer: PublicKey): void {
    const secrets = this.#secrets.get(peer);
    if (secrets === undefined) return;
    for (const secret of secrets.values()) wipe(secret);
    this.#secretCount -= secrets.size;
    this.#secrets.delete(peer);
  }
}
