import type { AgentMdManager } from 'aun-agentmd';
import type { KeyStore } from 'aun-core';
import type { Certificate } from 'aun-pki';
import type { HttpClient } from 'aun-transport';
import { openCards } from './agentmd/cards.js';
import type { Environment } from './environment.js';
import { PeerCertificates } from './peers/peer-certificates.js';
import { GatewayLocator } from './session/gateway-locator.js';
import { Login } from './session/login.js';

/** What both a store and a client need to talk to gateways about identities. */
export type Services = {
  readonly locator: GatewayLocator;
  readonly login: Login;
  readonly peers: PeerCertificates;
  readonly cards: AgentMdManager;
};

export type OwnIdentity = { readonly aid: string; readonly certificate: Certificate };

/** What a client hears of things that happen below it. */
export type ServiceHooks = {
  /** A gateway was found by discovery, not remembered. */
  readonly onDiscovered?: (gatewayUrl: string) => void;
  /** A card that was seen in traffic was downloaded in the background (09 §8.2). */
  readonly onCardUpdated?: (aid: string, etag: string) => void;
};

/**
 * @param own the identity that speaks; null for look-ups of a store
 * @param http for cards; a client has its own limits
 */
export const openServices = (
  environment: Environment,
  keys: KeyStore,
  own: OwnIdentity | null,
  http: HttpClient = environment.http,
  hooks: ServiceHooks = {},
): Services => {
  const { discovery, gatewayUrl, clock, logger, pki, verifier, preAuth } = environment;
  const locator = new GatewayLocator({
    discovery,
    fixedUrl: gatewayUrl,
    metadata: own === null ? null : { keys, aid: own.aid },
    onDiscovered: hooks.onDiscovered,
  });
  const peers = new PeerCertificates({
    own: own?.certificate ?? null,
    ownAid: own?.aid ?? null,
    keys,
    locator,
    pki,
    verifier,
    clock,
    logger,
  });
  return {
    locator,
    login: new Login(preAuth, verifier, clock),
    peers,
    cards: openCards({
      ...{ environment, http, keys, peers, locator },
      ownAid: own?.aid ?? null,
      onUpdated: hooks.onCardUpdated,
    }),
  };
};
