import type { Clock, Logger } from 'aun-core';
import type { CertificateOffice } from './ca/open-ca.js';
import { renewAuthSigner } from './ca/renew-auth-signer.js';
import type { GatewayConfig } from './config/schema.js';
import type { IdentityPlane } from './identity-plane.js';

const intervalMs = 3_600_000;

/** Hourly: forgets expired tokens and renews the auth identity at half its life (01 §19.1). */
export const startUpkeep = (options: {
  readonly config: GatewayConfig;
  readonly office: CertificateOffice;
  readonly identity: IdentityPlane;
  readonly clock: Clock;
  readonly log: Logger;
}): { stop(): void } => {
  const { clock, config, identity, log, office } = options;
  const run = async (): Promise<void> => {
    identity.refreshTokens.dropExpired();
    identity.accessTokens.dropExpired();
    for (const authority of office.authorities.all) {
      const renewed = await renewAuthSigner(config, authority, clock);
      if (renewed)
        log.info('auth key renewed', { issuer: authority.issuer, serial: authority.auth.cert.serialHex });
    }
  };
  const tick = (): void => {
    run().catch((error: unknown) => log.error('upkeep failed', { error }));
    timer = clock.setTimeout(tick, intervalMs, { background: true });
  };
  let timer = clock.setTimeout(tick, intervalMs, { background: true });
  return { stop: () => clock.clearTimeout(timer) };
};
