import type { Clock } from 'aun-core';
import type { GatewayConfig } from '../config/schema.js';
import { isPastHalfLife, makeAuthSigner } from './auth-signers.js';
import type { IssuerAuthority } from './issuer-authority.js';
import { openVault } from './open-ca.js';

/** Gives the auth service a new key when its certificate is past half its life, or when `force` is set. */
export const renewAuthSigner = async (
  config: GatewayConfig,
  authority: IssuerAuthority,
  clock: Clock,
  force = false,
): Promise<boolean> => {
  if (!force && !isPastHalfLife(authority.auth.cert, clock)) return false;
  const signer = await makeAuthSigner({
    dataDir: config.dataDir,
    issuer: authority.issuer,
    vault: openVault(config),
    ca: authority.hierarchy.issuer,
    clock,
  });
  authority.useAuth(signer);
  return true;
};
