import type { Clock } from 'aun-core';
import type { CertRow } from '../../store/tables/identity.js';

/** What phase 1 remembers for phase 2, renewal or rekey (01 §9.2). */
export interface PendingLogin {
  readonly requestId: string;
  readonly aid: string;
  readonly nonce: string;
  /** The certificate of phase 1. */
  readonly cert: CertRow;
  /** It was expired at phase 1; only renewal may follow. */
  readonly expired: boolean;
  /** Unix milliseconds. */
  readonly createdAt: number;
}

export interface PendingLimits {
  readonly ttlMs: number;
  readonly perAid: number;
  readonly total: number;
}

/** Login nonces of the whole server, not of a socket; each is consumed by its first use (01 §7, §9.2). */
export class PendingLogins {
  readonly #limits: PendingLimits;
  readonly #clock: Clock;
  /** In order of creation. */
  readonly #entries = new Map<string, PendingLogin>();
  readonly #byAid = new Map<string, Set<string>>();

  constructor(limits: PendingLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Keeps the entry; over a cap the oldest of the AID, or of all, is dropped. */
  add(entry: PendingLogin): void {
    this.#dropExpired();
    const own = this.#byAid.get(entry.aid) ?? new Set<string>();
    this.#byAid.set(entry.aid, own);
    this.#entries.set(entry.requestId, entry);
    own.add(entry.requestId);
    if (own.size > this.#limits.perAid) this.#dropFirst(own);
    if (this.#entries.size > this.#limits.total) this.#dropFirst(this.#entries.keys());
  }

  /** Takes the entry out, whatever happens next; undefined when it is unknown, used or too old. */
  consume(requestId: string): PendingLogin | undefined {
    const entry = this.#entries.get(requestId);
    if (entry === undefined) return undefined;
    this.#remove(entry);
    return this.#isExpired(entry) ? undefined : entry;
  }

  #isExpired(entry: PendingLogin): boolean {
    return this.#clock.now() - entry.createdAt > this.#limits.ttlMs;
  }

  #dropExpired(): void {
    for (const entry of this.#entries.values()) {
      if (!this.#isExpired(entry)) return;
      this.#remove(entry);
    }
  }

  #dropFirst(ids: Iterable<string>): void {
    for (const id of ids) {
      const entry = this.#entries.get(id);
      if (entry !== undefined) this.#remove(entry);
      return;
    }
  }

  #remove(entry: PendingLogin): void {
    this.#entries.delete(entry.requestId);
    const own = this.#byAid.get(entry.aid);
    own?.delete(entry.requestId);
    if (own?.size === 0) this.#byAid.delete(entry.aid);
  }
}
