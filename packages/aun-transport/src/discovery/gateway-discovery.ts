import { type Clock, issuerOf, type Logger, noopLogger, systemClock } from 'aun-core';
import type { HttpClient } from '../http/types.js';
import { errorMessage } from '../net/error-code.js';
import { discoverGateways } from './discover.js';

export interface GatewayDiscoveryOptions {
  readonly http: HttpClient;
  readonly verifySsl?: boolean;
  readonly port?: number | null;
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Age after which cached gateways are looked up again. Default 24 h (07 §6.5). */
  readonly maxAgeMs?: number;
}

export interface CachedGateways {
  /** WebSocket URLs, best first. */
  readonly urls: readonly string[];
  /** When they were discovered, Unix ms. */
  readonly discoveredAt: number;
}

const dayMs = 24 * 60 * 60 * 1000;

/**
 * The gateways of issuers, discovered once and kept for a day. When they cannot be discovered again, the old ones are
 * still given: they are the only chance. One look-up per issuer at a time.
 */
export class GatewayDiscovery {
  readonly #options: GatewayDiscoveryOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #maxAgeMs: number;
  readonly #cache = new Map<string, CachedGateways>();
  readonly #flights = new Map<string, Promise<CachedGateways>>();

  constructor(options: GatewayDiscoveryOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? noopLogger;
    this.#maxAgeMs = options.maxAgeMs ?? dayMs;
  }

  /**
   * Cached gateways if they are young enough, else discovered ones.
   *
   * @throws like `discoverGateways`, if nothing is cached
   */
  async gateways(aid: string): Promise<CachedGateways> {
    const cached = this.peek(aid);
    if (cached === undefined) return this.refresh(aid);
    const age = this.#clock.now() - cached.discoveredAt;
    // An age below zero is a clock that was set back: as good as no age at all.
    if (age >= 0 && age < this.#maxAgeMs) return cached;
    try {
      return await this.refresh(aid);
    } catch (error) {
      this.#logger.warn('gateway re-discovery failed, the cached addresses stay in use', {
        aid,
        error: errorMessage(error),
      });
      return cached;
    }
  }

  /** Discovers again, whatever is cached: for when every cached address failed. Calls at one time share one look-up. */
  refresh(aid: string): Promise<CachedGateways> {
    const issuer = issuerKey(aid);
    const running = this.#flights.get(issuer);
    if (running !== undefined) return running;
    const flight = this.#discover(aid).finally(() => this.#flights.delete(issuer));
    this.#flights.set(issuer, flight);
    return flight;
  }

  /** What is cached, of whatever age. */
  peek(aid: string): CachedGateways | undefined {
    return this.#cache.get(issuerKey(aid));
  }

  /** Puts in what a keystore remembered (`gateway_url`, `gateway_cached_at`). Never replaces something newer. */
  seed(aid: string, cached: CachedGateways): void {
    const known = this.peek(aid);
    if (cached.urls.length === 0 || (known !== undefined && known.discoveredAt >= cached.discoveredAt))
      return;
    this.#cache.set(issuerKey(aid), cached);
  }

  forget(aid: string): void {
    this.#cache.delete(issuerKey(aid));
  }

  async #discover(aid: string): Promise<CachedGateways> {
    const entries = await discoverGateways(aid, this.#options);
    const found = { urls: entries.map((entry) => entry.url), discoveredAt: this.#clock.now() };
    this.#cache.set(issuerKey(aid), found);
    return found;
  }
}

function issuerKey(aid: string): string {
  return issuerOf(aid.trim().toLowerCase());
}
