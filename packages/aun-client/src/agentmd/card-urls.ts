import { agentMdUrl } from 'aun-agentmd';
import { type Clock, issuerOf, type Logger } from 'aun-core';
import type { GatewayDiscovery } from 'aun-transport';
import type { GatewayLocator } from '../session/gateway-locator.js';
import { withDeadline } from '../store/deadline.js';
import { TimedCache } from '../trust/timed-cache.js';

const DISCOVERY_MS = 5_000;
const RETRY_MS = 10 * 60 * 1_000;

export type CardUrlPorts = {
  readonly discovery: Pick<GatewayDiscovery, 'peek'>;
  readonly locator: Pick<GatewayLocator, 'first'>;
  readonly fixedUrl: string | null;
  /** The identity that speaks; null for look-ups of a store. */
  readonly ownAid: string | null;
  readonly discoveryPort: number | null;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** Where the card of an AID lies; its scheme follows from the gateway of the AID's own issuer (09 §4). */
export class CardUrls {
  readonly #ports: CardUrlPorts;
  /** What discovery said per issuer; null: it found nothing, and is left alone for a while. */
  readonly #found: TimedCache<string | null>;

  constructor(ports: CardUrlPorts) {
    this.#ports = ports;
    this.#found = new TimedCache(ports.clock, RETRY_MS);
  }

  async of(aid: string): Promise<string> {
    const gatewayUrl = await this.#gatewayOf(aid);
    const { discoveryPort } = this.#ports;
    return agentMdUrl(aid, { discoveryPort, ...(gatewayUrl === null ? {} : { gatewayUrl }) });
  }

  async #gatewayOf(aid: string): Promise<string | null> {
    const { discovery, fixedUrl, ownAid } = this.#ports;
    const discovered = discovery.peek(aid)?.urls[0];
    if (discovered !== undefined) return discovered;
    // A fixed gateway takes the place of discovery (07 §3.1), but says nothing about the hosts of other issuers.
    if (fixedUrl !== null) return speaksFor(fixedUrl, aid, ownAid) ? fixedUrl : null;
    return this.#found.get(issuerOf(aid), () => this.#discover(aid));
  }

  /** A card may be there where no gateway is: then it is asked for with TLS. */
  async #discover(aid: string): Promise<string | null> {
    const { locator, clock, logger } = this.#ports;
    try {
      return await withDeadline(clock, DISCOVERY_MS, `discovery for ${aid}`, locator.first(aid));
    } catch (error) {
      logger.debug('no gateway found for the URL of a card, https is used', { aid, error });
      return null;
    }
  }
}

/** A client's gateway is that of its own issuer; a store's may say by `gateway.{issuer}` whose it is (02 §1.2). */
const speaksFor = (gatewayUrl: string, aid: string, ownAid: string | null): boolean => {
  if (ownAid !== null) return issuerOf(ownAid) === issuerOf(aid);
  const { hostname } = new URL(gatewayUrl);
  return !hostname.startsWith('gateway.') || hostname === `gateway.${issuerOf(aid)}`;
};
