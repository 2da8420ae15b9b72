import { base64Decode, ecdh, type PrivateKey, PublicKey, wipe } from 'aun-crypto';

export interface RecipientCacheOptions {
  /** Public keys kept; the least recently used go first. Default 16 384. */
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

  constructor(options: RecipientCacheOptions = {}) {
    this.#maxKeys = options.maxKeys ?? 16_384;
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

  /** The Diffie-Hellman secret of two long-lived keys; owned by the cache, don't wipe it. */
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
    known.set(own, secret);
    this.#secrets.set(peer, known);
    this.#trim();
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
    for (const peer of this.#secrets.keys()) {
      if (this.#secrets.size <= this.#maxKeys) break;
      this.#forgetSecrets(peer);
    }
  }

  #forgetSecrets(peer: PublicKey): void {
    for (const secret of this.#secrets.get(peer)?.values() ?? []) wipe(secret);
    this.#secrets.delete(peer);
  }
}
