import type { Certificate } from '../certificate/certificate.js';

/** A leaf with the issuers that led it to a trusted root, issuer first. */
export interface VerifiedChain {
  readonly leaf: Certificate;
  readonly chain: readonly Certificate[];
}

export interface ChainCacheOptions {
  /** Default 1000; the least recently used entry goes first. */
  readonly maxEntries?: number;
  /** How long a success counts, in seconds. Default 86 400. */
  readonly ttlSeconds?: number;
}

interface Entry {
  readonly verified: VerifiedChain;
  readonly storedAt: number;
}

/**
 * Remembers chains that were verified, keyed by the SHA-256 of the leaf and the set of trusted roots: never by serial
 * number, which is not unique across issuers (01 §21). Validity periods are checked again at every use. The owner
 * decides how long it lives; failures are not remembered.
 */
export class ChainCache {
  readonly #entries = new Map<string, Entry>();
  readonly #maxEntries: number;
  readonly #ttlMs: number;

  constructor(options: ChainCacheOptions = {}) {
    this.#maxEntries = Math.max(1, options.maxEntries ?? 1000);
    this.#ttlMs = (options.ttlSeconds ?? 86_400) * 1000;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(leaf: Certificate, rootsId: string, nowMs: number): VerifiedChain | undefined {
    const key = cacheKey(leaf, rootsId);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    const age = nowMs - entry.storedAt;
    if (age < 0 || age > this.#ttlMs) return undefined;
    this.#entries.set(key, entry);
    return entry.verified;
  }

  set(verified: VerifiedChain, rootsId: string, nowMs: number): void {
    const key = cacheKey(verified.leaf, rootsId);
    this.#entries.delete(key);
    this.#entries.set(key, { verified, storedAt: nowMs });
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > this.#maxEntries && !oldest.done) this.#entries.delete(oldest.value);
  }

  clear(): void {
    this.#entries.clear();
  }
}

function cacheKey(leaf: Certificate, rootsId: string): string {
  return `${leaf.fingerprint}|${rootsId}`;
}
