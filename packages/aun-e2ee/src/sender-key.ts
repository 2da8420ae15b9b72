import type { PublicKey } from 'aun-crypto';

/** Which sender's key is asked for. */
export interface SenderKeyRequest {
  readonly aid: string;
  readonly deviceId: string;
  /** `sender_cert_fingerprint` of the envelope; `""` = no constraint. */
  readonly fingerprint: string;
}

/** Fetches and verifies the certificate of a sender; null when it is not available now. */
export type SenderKeyResolver = (request: SenderKeyRequest) => Promise<PublicKey | null> | PublicKey | null;

/**
 * True when a key is the one a `sender_cert_fingerprint` names: `sha256:` + 16 or 64 hex digits of the SPKI hash,
 * any case. Empty text constrains nothing, any other shape matches nothing (03 §1.2).
 */
export function matchesKeyFingerprint(key: PublicKey, fingerprint: string): boolean {
  if (fingerprint === '') return true;
  const text = fingerprint.toLowerCase();
  if (!/^sha256:([0-9a-f]{16}|[0-9a-f]{64})$/.test(text)) return false;
  return key.fingerprint().startsWith(text);
}

export interface SenderKeyCacheOptions {
  /** Default 1 h (03 §4.6). */
  readonly ttlMs?: number;
  /** Default 10 000; the least recently used go first. */
  readonly maxEntries?: number;
}

/** Verified identity keys of senders, by AID and device (03 §4.6). Fill it from verified certificates only. */
export class SenderKeyCache {
  readonly #entries = new Map<string, { readonly key: PublicKey; readonly at: number }>();
  readonly #ttlMs: number;
  readonly #maxEntries: number;

  constructor(options: SenderKeyCacheOptions = {}) {
    this.#ttlMs = options.ttlMs ?? 60 * 60 * 1000;
    this.#maxEntries = options.maxEntries ?? 10_000;
  }

  /** The cached key if it is fresh and the one the fingerprint names. */
  get(request: SenderKeyRequest, now: number): PublicKey | null {
    const id = cacheId(request.aid, request.deviceId);
    const entry = this.#entries.get(id);
    if (entry === undefined) return null;
    if (now - entry.at >= this.#ttlMs) {
      this.#entries.delete(id);
      return null;
    }
    return matchesKeyFingerprint(entry.key, request.fingerprint) ? entry.key : null;
  }

  set(aid: string, deviceId: string, key: PublicKey, now: number): void {
    const id = cacheId(aid, deviceId);
    this.#entries.delete(id);
    this.#entries.set(id, { key, at: now });
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > this.#maxEntries && !oldest.done) this.#entries.delete(oldest.value);
  }

  /** Forgets all devices of one AID, or everything. */
  clear(aid?: string): void {
    if (aid === undefined) this.#entries.clear();
    for (const id of this.#entries.keys()) if (id.startsWith(`${aid}#`)) this.#entries.delete(id);
  }
}

function cacheId(aid: string, deviceId: string): string {
  return `${aid}#${deviceId}`;
}
