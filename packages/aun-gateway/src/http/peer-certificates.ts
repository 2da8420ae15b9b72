import { type Aid, issuerOf, type Logger } from 'aun-core';
import type { Federation } from '../federation/federation.js';
import type { AidCertificate } from '../ports.js';
import type { ForeignCertificates } from './foreign-certificates.js';

/**
 * Certificates of agents of peers that the operator has named or that we have met, verified before they are passed on
 * (01 §14, 02 §0); those of other issuers from `others`.
 */
export const createPeerCertificates = (
  { foreign, knows, peers }: Pick<Federation, 'foreign' | 'knows' | 'peers'>,
  others: ForeignCertificates,
  log: Logger,
): ForeignCertificates => {
  const isPeer = (aid: Aid): boolean => peers.allows(issuerOf(aid)) && knows(issuerOf(aid));
  const load = async (aid: Aid, fingerprint?: string): Promise<AidCertificate | null> => {
    try {
      return await foreign.load(aid, fingerprint);
    } catch (error) {
      log.debug('peer did not give a certificate', { aid, error });
      return null;
    }
  };
  return {
    async certificate(aid, fingerprint) {
      if (!isPeer(aid)) return others.certificate(aid, fingerprint);
      return (await load(aid, fingerprint))?.certPem;
    },
    async chain(aid) {
      if (!isPeer(aid)) return others.chain(aid);
      const found = await load(aid);
      return found === null ? undefined : [found.certPem, ...found.chainPems].join('');
    },
  };
};
