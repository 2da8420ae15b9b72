import { type Aid, issuerOf } from 'aun-core';
import { LRUCache } from 'lru-cache';

/** Fetches `url` and gives the text of a 200 answer, undefined otherwise. Injected: the network is not ours to open. */
export type FetchText = (url: string) => Promise<string | undefined>;

/** Certificates of agents of other issuers (01 §14); off unless configured. */
export interface ForeignCertificates {
  certificate(aid: Aid, fingerprint: string | undefined): Promise<string | undefined>;
  /** The certificate and its issuers up to the root, where they are known. */
  chain(aid: Aid): Promise<string | undefined>;
}

export const noForeignCertificates: ForeignCertificates = {
  certificate: async () => undefined,
  chain: async () => undefined,
};

const positiveMs = 3_600_000;
const negativeMs = 60_000;

/** Asks `https://gateway.{issuer}/pki/cert/{aid}` and remembers answers for up to an hour. */
export const createForeignCertificates = (fetchText: FetchText): ForeignCertificates => {
  const known = new LRUCache<string, { readonly pem: string | undefined }>({ max: 5000 });
  const running = new Map<string, Promise<string | undefined>>();
  const fetchOne = async (key: string, url: string): Promise<string | undefined> => {
    const text = await fetchText(url);
    const pem = text?.includes('BEGIN CERTIFICATE') === true ? text : undefined;
    known.set(key, { pem }, { ttl: pem === undefined ? negativeMs : positiveMs });
    return pem;
  };
  return {
    chain: async () => undefined,
    certificate(aid, fingerprint) {
      const key = `${aid} ${fingerprint ?? ''}`;
      const cached = known.get(key);
      if (cached !== undefined) return Promise.resolve(cached.pem);
      const pending = running.get(key);
      if (pending !== undefined) return pending;
      const query = fingerprint === undefined ? '' : `?cert_fingerprint=${encodeURIComponent(fingerprint)}`;
      const url = `https://gateway.${issuerOf(aid)}/pki/cert/${aid}${query}`;
      const fetching = fetchOne(key, url).finally(() => running.delete(key));
      running.set(key, fetching);
      return fetching;
    },
  };
};
