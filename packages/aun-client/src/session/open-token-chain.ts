import type { KeyStore, Logger } from 'aun-core';
import { checkSubject, parseCertificate } from 'aun-pki';
import type { Environment } from '../environment.js';
import type { Services } from '../services.js';
import { alone } from '../store/alone.js';
import type { CertificateVerifier } from '../trust/certificate-verifier.js';
import { SDK_LANG, VERSION } from '../version.js';
import type { Credentials } from './login.js';
import { TokenChain } from './token-chain.js';
import { TokenStore } from './token-store.js';

/** The token chain of one identity on one device and slot. */
export const openTokenChain = (
  who: Credentials,
  environment: Environment,
  keys: KeyStore,
  services: Services,
  slotId: string,
): TokenChain =>
  new TokenChain(who, {
    clock: environment.clock,
    logger: environment.logger,
    store: new TokenStore(keys, who.aid, { deviceId: environment.deviceId, slotId }),
    locator: services.locator,
    preAuth: environment.preAuth,
    login: services.login,
    exclusively: (work) => alone(keys, who.aid, work),
    sdk: { lang: SDK_LANG, version: VERSION },
    onNewCert: (pem, gatewayUrl) =>
      adoptCertificate(pem, who, keys, environment.verifier, gatewayUrl, environment.logger),
  });

/** A renewed certificate must be for us, for our key, and verify; otherwise the old one stays (01 §9.2). */
const adoptCertificate = async (
  pem: string,
  who: Credentials,
  keys: Pick<KeyStore, 'saveCert'>,
  verifier: CertificateVerifier,
  gatewayUrl: string,
  logger: Logger,
): Promise<void> => {
  try {
    const parsed = parseCertificate(pem);
    if (!parsed.ok) throw new Error(parsed.error.message);
    const named = checkSubject(parsed.data, who.aid);
    if (!named.ok) throw new Error(named.error.message);
    if (!parsed.data.publicKey.equals(who.privateKey.publicKey))
      throw new Error('it carries another public key');
    const verdict = await verifier.peer(parsed.data, who.aid, gatewayUrl);
    if (!verdict.ok) throw new Error(verdict.error.message);
    await keys.saveCert(who.aid, parsed.data.pem, { active: true });
  } catch (error) {
    logger.warn('the renewed certificate was not adopted', { aid: who.aid, error });
  }
};
