import type { Clock, Logger, RandomBytes } from 'aun-core';
import { LRUCache } from 'lru-cache';
import type { GatewayConfig } from '../config/schema.js';
import { CircuitBreaker } from './circuit-breaker.js';
import type { PeerDiscovery } from './discovery.js';
import type { GatewayIdentities } from './gateway-identities.js';
import { initiate } from './initiate.js';
import { LinkFault } from './link-fault.js';
import { PeerLink } from './peer-link.js';
import type { PeerList } from './peer-list.js';
import { PeerSocket } from './peer-socket.js';
import type { PeerTrust } from './peer-trust.js';

const MAX_LINKS = 1_000;

export interface PeerLinksDeps {
  readonly config: GatewayConfig['federation'];
  readonly identities: GatewayIdentities;
  readonly peers: PeerList;
  readonly discovery: PeerDiscovery;
  readonly trust: PeerTrust;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: RandomBytes;
  /** The issuer has proved itself on a connection of ours. */
  readonly onReady: (toIssuer: string) => void;
}

/** Connections from our issuers to others, one for each pair. */
export interface PeerLinks {
  /** @throws LinkFault `refused` when our own list forbids it */
  link(fromIssuer: string, toIssuer: string): PeerLink;
  /** The issuer has shown that it is there: the next request may connect at once. */
  alive(toIssuer: string): void;
  readonly open: number;
  close(): void;
}

export const createPeerLinks = (deps: PeerLinksDeps): PeerLinks => {
  const { clock, config, discovery, identities, log, peers, random, trust } = deps;
  const breakers = new LRUCache<string, CircuitBreaker>({ max: MAX_LINKS });
  // What is pushed out is idle the longest; its requests fail and are made again on a new link.
  const links = new LRUCache<string, PeerLink>({ max: MAX_LINKS, dispose: (link) => link.close() });
  const { connectTimeoutMs: timeoutMs, idleCloseMs, pingIntervalMs, pongTimeoutMs } = config;

  const breakerOf = (toIssuer: string): CircuitBreaker => {
    const known = breakers.get(toIssuer);
    if (known !== undefined) return known;
    const breaker = new CircuitBreaker();
    breakers.set(toIssuer, breaker);
    return breaker;
  };

  const connect = async (fromIssuer: string, toIssuer: string) => {
    const identity = await identities.current(fromIssuer);
    const url = await discovery.url(toIssuer);
    if (!url.startsWith('wss:')) throw new LinkFault('unreachable', `${url} is no wss URL`);
    const tlsRoots = peers.tlsRoots(toIssuer);
    try {
      const socket = await PeerSocket.open(url, {
        clock,
        tlsRoots,
        timeoutMs,
        pingIntervalMs,
        pongTimeoutMs,
      });
      try {
        const introduced = await initiate({ clock, random, trust, timeoutMs }, socket, identity, toIssuer);
        return { socket, introduced };
      } catch (error) {
        socket.close(1000, 'hello failed');
        throw error;
      }
    } catch (error) {
      discovery.forget(toIssuer);
      throw error;
    }
  };

  let closed = false;

  return {
    link(fromIssuer, toIssuer) {
      if (closed) throw new LinkFault('unreachable', 'this gateway is stopping');
      if (!peers.allows(toIssuer)) throw new LinkFault('refused', 'this gateway does not talk to it');
      const key = `${fromIssuer} ${toIssuer}`;
      const known = links.get(key);
      if (known !== undefined) return known;
      const link = new PeerLink({
        clock,
        log,
        breaker: breakerOf(toIssuer),
        idleCloseMs,
        connect: () => connect(fromIssuer, toIssuer),
        onReady: () => deps.onReady(toIssuer),
      });
      links.set(key, link);
      return link;
    },
    alive: (toIssuer) => breakerOf(toIssuer).succeeded(),
    get open() {
      return [...links.values()].filter((link) => link.isOpen).length;
    },
    close() {
      closed = true;
      links.clear();
    },
  };
};
