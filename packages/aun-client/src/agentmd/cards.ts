import { AgentMdManager, agentMdUrl, type CertificateAnswer } from 'aun-agentmd';
import { CertificateRevokedError, type KeyStore, NotFoundError, ValidationError } from 'aun-core';
import type { HttpClient } from 'aun-transport';
import type { Environment } from '../environment.js';
import type { PeerCertificates } from '../peers/peer-certificates.js';

/** Why a certificate may not be used, as a reason of the status `invalid` (09 §7.4). */
const refusal = (error: unknown): string | null => {
  if (error instanceof NotFoundError) return 'certificate not found';
  if (error instanceof CertificateRevokedError) return 'certificate revoked';
  if (!(error instanceof ValidationError)) return null;
  const data = error.data;
  const reason = typeof data === 'object' && data !== null && 'reason' in data ? data.reason : null;
  return reason === 'certificate_expired' ? 'certificate expired' : error.message;
};

/** Cards of agents over this environment's HTTP, keystore and certificates (09 §7). */
export const openCards = (
  environment: Environment,
  http: HttpClient,
  keys: KeyStore,
  peers: PeerCertificates,
  ownAid: string | null,
  onUpdated?: (aid: string, etag: string) => void,
): AgentMdManager =>
  new AgentMdManager({
    storage: keys,
    http,
    urlOf: (aid) => agentMdUrl(aid, cardOptions(environment)),
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
    onUpdated,
    clock: environment.clock,
    logger: environment.logger,
  });

const cardOptions = (environment: Environment) => ({
  discoveryPort: environment.discoveryPort,
  ...(environment.gatewayUrl === null ? {} : { gatewayUrl: environment.gatewayUrl }),
});
