import type { Clock, Logger } from 'aun-core';
import { createHttpClient, type HttpClient, parseDiscoveryDocument, responseText } from 'aun-transport';
import { LRUCache } from 'lru-cache';
import type { PeerList } from './peer-list.js';

const KEEP_MS = 3_600_000;
const MAX_DOCUMENT = 256 * 1024;
const MAX_PEERS = 1_000;

/** Where the gateways of other issuers are: RPC URLs, found once an hour (02 §20.4). */
export interface PeerDiscovery {
  /** @throws NetworkError, TimeoutError, ValidationError when there is none to be found */
  url(issuer: string): Promise<string>;
  /** The URL did not work: look again next time. */
  forget(issuer: string): void;
  /** An HTTP client that trusts what TLS to this issuer may end in. */
  http(issuer: string): HttpClient;
  close(): void;
}

export const createPeerDiscovery = (deps: {
  readonly peers: PeerList;
  readonly clock: Clock;
  readonly log: Logger;
  readonly timeoutMs: number;
}): PeerDiscovery => {
  const { clock, peers } = deps;
  const found = new LRUCache<string, { readonly url: string; readonly at: number }>({ max: MAX_PEERS });
  const running = new Map<string, Promise<string>>();
  const clients = new LRUCache<string, HttpClient>({ max: 64, dispose: (client) => client.close() });

  const http = (issuer: string): HttpClient => {
    const key = peers.tlsRoots(issuer) ?? '';
    const known = clients.get(key);
    if (known !== undefined) return known;
    const client = createHttpClient({ clock, tls: key === '' ? {} : { caPem: key } });
    clients.set(key, client);
    return client;
  };

  const ask = async (issuer: string, origin: string): Promise<string> => {
    const answer = await http(issuer).request({
      url: `${origin}/.well-known/aun-gateway`,
      // An origin given by the operator may serve several issuers under other names.
      headers: { host: `gateway.${issuer}` },
      timeoutMs: deps.timeoutMs,
      maxBytes: MAX_DOCUMENT,
    });
    if (answer.status !== 200) throw new Error(`${origin} answered with HTTP ${answer.status}`);
    const [first] = parseDiscoveryDocument(responseText(answer));
    if (first === undefined) throw new Error(`${origin} names no gateway`);
    return first.url;
  };

  const discover = async (issuer: string): Promise<string> => {
    const given = peers.url(issuer);
    if (given?.startsWith('wss:')) return given;
    if (given !== undefined) return ask(issuer, new URL(given).origin);
    try {
      return await ask(issuer, `https://gateway.${issuer}`);
    } catch (error) {
      deps.log.debug('no discovery at gateway host', { issuer, error });
      return ask(issuer, `https://${issuer}`);
    }
  };

  return {
    http,
    url(issuer) {
      const known = found.get(issuer);
      if (known !== undefined && clock.now() - known.at < KEEP_MS) return Promise.resolve(known.url);
      const pending = running.get(issuer);
      if (pending !== undefined) return pending;
      const search = discover(issuer)
        .then((url) => {
          found.set(issuer, { url, at: clock.now() });
          return url;
        })
        .finally(() => running.delete(issuer));
      running.set(issuer, search);
      return search;
    },
    forget: (issuer) => void found.delete(issuer),
    close: () => clients.clear(),
  };
};
