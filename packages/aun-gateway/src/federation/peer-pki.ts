import { type Clock, type JsonValue, type Logger, tryParseJson } from 'aun-core';
import { type Certificate, parseCertificate, parseCertificateBundle } from 'aun-pki';
import { gatewayHttpUrl, responseText } from 'aun-transport';
import { LRUCache } from 'lru-cache';
import type { PeerDiscovery } from './discovery.js';

const TIMEOUT_MS = 3_000;
const CHAIN_KEEP_MS = 3_600_000;
const CRL_KEEP_MS = 300_000;
const CRL_RETRY_MS = 30_000;
const MAX_PEERS = 1_000;

/** The PKI endpoints of other issuers' gateways (01 §4); nothing is verified here. */
export interface PeerPki {
  /** The CRL document, undefined when it cannot be had. */
  crl(issuer: string): Promise<JsonValue | undefined>;
  /** `[issuer CA, …, root]`. @throws when it cannot be had */
  chain(issuer: string): Promise<readonly Certificate[]>;
  /** Null when the gateway does not know it. @throws when it cannot be asked */
  certificate(issuer: string, aid: string, fingerprint?: string): Promise<Certificate | null>;
}

export const createPeerPki = (deps: {
  readonly discovery: PeerDiscovery;
  readonly clock: Clock;
  readonly log: Logger;
}): PeerPki => {
  const { clock, discovery } = deps;
  type Kept<T> = { readonly value: Promise<T>; until: number };
  const crls = new LRUCache<string, Kept<JsonValue | undefined>>({ max: MAX_PEERS });
  const chains = new LRUCache<string, Kept<readonly Certificate[]>>({ max: MAX_PEERS });

  const get = async (issuer: string, path: string) => {
    const url = gatewayHttpUrl(await discovery.url(issuer), path);
    return { url, answer: await discovery.http(issuer).request({ url, timeoutMs: TIMEOUT_MS }) };
  };

  const fetchCrl = async (issuer: string, kept: { until: number }): Promise<JsonValue | undefined> => {
    try {
      const { answer, url } = await get(issuer, '/pki/crl.json');
      if (answer.status === 200) return tryParseJson(responseText(answer));
      deps.log.debug('no CRL of a peer', { url, status: answer.status });
    } catch (error) {
      deps.log.debug('no CRL of a peer', { issuer, error });
    }
    kept.until = clock.now() + CRL_RETRY_MS;
    return undefined;
  };

  const fetchChain = async (issuer: string): Promise<readonly Certificate[]> => {
    const { answer, url } = await get(issuer, '/pki/chain');
    const bundle = parseCertificateBundle(responseText(answer));
    if (answer.status !== 200 || !bundle.ok) throw new Error(`${url} has no chain`);
    return bundle.data;
  };

  return {
    crl(issuer) {
      const known = crls.get(issuer);
      if (known !== undefined && clock.now() < known.until) return known.value;
      const times = { until: clock.now() + CRL_KEEP_MS };
      const kept = Object.assign(times, { value: fetchCrl(issuer, times) });
      crls.set(issuer, kept);
      return kept.value;
    },
    chain(issuer) {
      const known = chains.get(issuer);
      if (known !== undefined && clock.now() < known.until) return known.value;
      const value = fetchChain(issuer);
      chains.set(issuer, { value, until: clock.now() + CHAIN_KEEP_MS });
      value.catch(() => chains.delete(issuer));
      return value;
    },
    async certificate(issuer, aid, fingerprint) {
      const query = fingerprint === undefined ? '' : `?cert_fingerprint=${encodeURIComponent(fingerprint)}`;
      const { answer, url } = await get(issuer, `/pki/cert/${encodeURIComponent(aid)}${query}`);
      if (answer.status === 404) return null;
      const parsed = parseCertificate(responseText(answer));
      if (answer.status !== 200 || !parsed.ok) throw new Error(`${url} has no certificate`);
      return parsed.data;
    },
  };
};
