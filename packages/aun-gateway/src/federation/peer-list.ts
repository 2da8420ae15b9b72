import { readFileSync } from 'node:fs';
import { isIssuer } from 'aun-core';
import { TrustStore } from 'aun-pki';
import { ConfigError } from '../config/load.js';
import type { GatewayConfig } from '../config/schema.js';

/** What an operator has said about other issuers. */
export interface PeerList {
  /** May we talk to this issuer at all? */
  allows(issuer: string): boolean;
  /** Is it on the deny list? */
  denies(issuer: string): boolean;
  /** The operator has named this issuer. */
  isConfigured(issuer: string): boolean;
  /** Where to look for it, instead of DNS. */
  url(issuer: string): string | undefined;
  /** Roots pinned for this issuer, or the shared ones. */
  roots(issuer: string): { readonly pinned: boolean; readonly store: TrustStore };
  /** PEM texts that TLS to this issuer may end in, besides the system's roots. */
  tlsRoots(issuer: string): string | undefined;
}

const readRoot = (source: string): string => {
  if (source.includes('-----BEGIN')) return source;
  try {
    return readFileSync(source, 'utf8');
  } catch (cause) {
    throw new ConfigError(`Cannot read the root certificates in ${source}.`, { cause });
  }
};

const openRoots = (sources: readonly string[], setting: string) => {
  const texts = sources.map(readRoot);
  const store = TrustStore.fromPem(...texts);
  if (sources.length > 0 && store.size === 0)
    throw new ConfigError(`Wrong configuration: setting "${setting}" holds no readable certificate.`);
  return { pem: texts.join('\n'), store };
};

const nameOf = (issuer: string): string => issuer.trim().toLowerCase();

/** @throws ConfigError for names that are none and roots that cannot be read */
export const createPeerList = (config: GatewayConfig['federation']): PeerList => {
  const peers = new Map(
    Object.entries(config.peers).map(([issuer, peer]) => {
      const name = nameOf(issuer);
      if (!isIssuer(name))
        throw new ConfigError(`Wrong configuration: "${issuer}" in "federation.peers" is no issuer.`);
      return [name, { url: peer.url, ...openRoots(peer.roots, `federation.peers.${name}.roots`) }];
    }),
  );
  const shared = openRoots(config.roots, 'federation.roots');
  const allow = new Set(config.allow.map(nameOf));
  const deny = new Set(config.deny.map(nameOf));
  return {
    allows: (issuer) => !deny.has(issuer) && (allow.size === 0 || allow.has(issuer)),
    denies: (issuer) => deny.has(issuer),
    isConfigured: (issuer) => peers.has(issuer),
    url: (issuer) => peers.get(issuer)?.url,
    roots(issuer) {
      const pinned = peers.get(issuer);
      return pinned !== undefined && pinned.store.size > 0
        ? { pinned: true, store: pinned.store }
        : { pinned: false, store: shared.store };
    },
    tlsRoots(issuer) {
      const texts = [peers.get(issuer)?.pem ?? '', shared.pem].filter((pem) => pem !== '');
      return texts.length === 0 ? undefined : texts.join('\n');
    },
  };
};
