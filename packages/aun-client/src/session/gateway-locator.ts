import { ConnectionError, GatewayUnreachableError, type KeyStore, TimeoutError } from 'aun-core';
import type { CachedGateways, GatewayDiscovery } from 'aun-transport';

type MetadataStore = Pick<KeyStore, 'loadMetadata' | 'saveMetadata'>;

export type GatewayLocatorPorts = {
  readonly discovery: GatewayDiscovery;
  /** Skips discovery altogether. */
  readonly fixedUrl: string | null;
  /** Where the gateway address of the identity that speaks is remembered; null for look-ups of a store. */
  readonly metadata: { readonly keys: MetadataStore; readonly aid: string } | null;
  /** Told the best address of that identity whenever it was discovered, whoever discovered it. */
  readonly onDiscovered?: ((gatewayUrl: string) => void) | undefined;
};

/** Failures after which another address may work. */
const isUnreachable = (error: unknown): boolean =>
  error instanceof ConnectionError || error instanceof TimeoutError;

/** Finds the gateways of an AID and tries them in order (07 §6.5). */
export class GatewayLocator {
  readonly #ports: GatewayLocatorPorts;
  #seeded = false;
  /** `discoveredAt` of the addresses that were remembered already. */
  #remembered: number | null = null;

  constructor(ports: GatewayLocatorPorts) {
    this.#ports = ports;
  }

  /** WebSocket URLs, best first: remembered ones while they are young, else discovered. */
  async urls(aid: string): Promise<readonly string[]> {
    const { fixedUrl, discovery } = this.#ports;
    if (fixedUrl !== null) return [fixedUrl];
    await this.#seed(aid);
    const found = await discovery.gateways(aid);
    await this.#remember(aid, found);
    return found.urls;
  }

  async first(aid: string): Promise<string> {
    const [url] = await this.urls(aid);
    if (url === undefined) throw new GatewayUnreachableError(`no gateway is known for ${aid}`);
    return url;
  }

  /**
   * Runs `attempt` with one address after another until it gets an answer. When none of the remembered addresses
   * does, they are discovered anew once.
   * @throws {GatewayUnreachableError} when nothing answers; whatever `attempt` throws for other reasons
   */
  async tryEach<T>(aid: string, attempt: (gatewayUrl: string) => Promise<T>): Promise<T> {
    const known = await this.urls(aid);
    const first = await this.#tryAll(known, attempt);
    if (first.ok) return first.value;
    const fresh = await this.#rediscover(aid, known);
    const second = fresh.length === 0 ? first : await this.#tryAll(fresh, attempt);
    if (second.ok) return second.value;
    const [url] = known;
    const reason = second.error instanceof Error ? second.error.message : String(second.error);
    throw new GatewayUnreachableError(`no gateway of ${aid} answers (${url ?? 'none known'}): ${reason}`, {
      cause: second.error,
    });
  }

  async #tryAll<T>(
    urls: readonly string[],
    attempt: (gatewayUrl: string) => Promise<T>,
  ): Promise<{ ok: true; value: T } | { ok: false; error: unknown }> {
    let last: unknown = new GatewayUnreachableError('no gateway is known');
    for (const url of urls) {
      try {
        return { ok: true, value: await attempt(url) };
      } catch (error) {
        if (!isUnreachable(error)) throw error;
        last = error;
      }
    }
    return { ok: false, error: last };
  }

  /** Addresses that were not tried yet; none when discovery has nothing new to say. */
  async #rediscover(aid: string, tried: readonly string[]): Promise<readonly string[]> {
    const { fixedUrl, discovery } = this.#ports;
    if (fixedUrl !== null) return [];
    try {
      const found = await discovery.refresh(aid);
      await this.#remember(aid, found);
      return found.urls.filter((url) => !tried.includes(url));
    } catch (error) {
      if (isUnreachable(error)) return [];
      throw error;
    }
  }

  async #seed(aid: string): Promise<void> {
    const { metadata, discovery } = this.#ports;
    if (metadata === null || metadata.aid !== aid || this.#seeded) return;
    this.#seeded = true;
    const { gateway_url, gateway_cached_at } = await metadata.keys.loadMetadata(aid);
    if (typeof gateway_url !== 'string' || gateway_url === '') return;
    this.#remembered = typeof gateway_cached_at === 'number' ? gateway_cached_at : 0;
    discovery.seed(aid, { urls: [gateway_url], discoveredAt: this.#remembered });
  }

  /** What the identity's store or another client of it has discovered is news as well. */
  async #remember(aid: string, { urls, discoveredAt }: CachedGateways): Promise<void> {
    const { metadata, onDiscovered } = this.#ports;
    const [url] = urls;
    if (url === undefined || metadata === null || metadata.aid !== aid) return;
    if (discoveredAt === this.#remembered) return;
    this.#remembered = discoveredAt;
    onDiscovered?.(url);
    await metadata.keys.saveMetadata(aid, { gateway_url: url, gateway_cached_at: discoveredAt });
  }
}
