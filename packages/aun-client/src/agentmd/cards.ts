import { AgentMdManager, type CertificateAnswer } from 'aun-agentmd';
import {
  CertificateRevokedError,
  type KeyStore,
  KeyStoreError,
  type Logger,
  NotFoundError,
  ValidationError,
} from 'aun-core';
import type { HttpClient } from 'aun-transport';
import type { Environment } from '../environment.js';
import type { PeerCertificates } from '../peers/peer-certificates.js';
import type { GatewayLocator } from '../session/gateway-locator.js';
import { CardUrls } from './card-urls.js';

/** Why a certificate may not be used, as a reason of the status `invalid` (09 §7.4). */
const refusal = (error: unknown): string | null => {
  if (error instanceof NotFoundError) return 'certificate not found';
  if (error instanceof CertificateRevokedError) return 'certificate revoked';
  if (!(error instanceof ValidationError)) return null;
  const data = error.data;
  const reason = typeof data === 'object' && data !== null && 'reason' in data ? data.reason : null;
  return reason === 'certificate_expired' ? 'certificate expired' : error.message;
};

/** Is the private key here, and can it be opened? */
const holdsKey = async (keys: KeyStore, aid: string): Promise<boolean> => {
  try {
    return (await keys.loadKeyPair(aid)) !== null;
  } catch (error) {
    // Protected by another seed: another store's identity.
    if (error instanceof KeyStoreError) return false;
    throw error;
  }
};

/** Is there a certificate, thus a place for notes about the AID? When in doubt, yes. */
const isKnown = async (keys: KeyStore, aid: string, logger: Logger): Promise<boolean> => {
  try {
    return (await keys.loadCert(aid)) !== null;
  } catch (error) {
    logger.debug('the certificate of a card cannot be read', { aid, error });
    return true;
  }
};

export type CardPorts = {
  readonly environment: Environment;
  readonly http: HttpClient;
  readonly keys: KeyStore;
  readonly peers: PeerCertificates;
  readonly locator: GatewayLocator;
  /** The identity that speaks; null for look-ups of a store. */
  readonly ownAid: string | null;
  readonly onUpdated?: ((aid: string, etag: string) => void) | undefined;
};

/** Cards of agents over this environment's HTTP, keystore and certificates (09 §7). */
export const openCards = ({
  environment,
  http,
  keys,
  peers,
  locator,
  ownAid,
  onUpdated,
}: CardPorts): AgentMdManager => {
  const { discovery, gatewayUrl: fixedUrl, discoveryPort, clock, logger } = environment;
  const urls = new CardUrls({ discovery, locator, fixedUrl, ownAid, discoveryPort, clock, logger });
  return new AgentMdManager({
    storage: keys,
    http,
    urlOf: (aid) => urls.of(aid),
    findCertificate: async (aid, fingerprint): Promise<CertificateAnswer> => {
      try {
        const wish = fingerprint === null ? { aid } : { aid, fingerprint };
        return { found: true, certificate: await peers.get(wish) };
      } catch (error) {
        const reason = refusal(error);
        if (reason === null) throw error;
        return { found: false, reason };
      }
    },
    ownAid: () => ownAid,
    isOwn: (aid) => (ownAid === null ? holdsKey(keys, aid) : aid === ownAid),
    isKnown: (aid) => isKnown(keys, aid, logger),
    onUpdated,
    clock,
    logger,
  });
};
