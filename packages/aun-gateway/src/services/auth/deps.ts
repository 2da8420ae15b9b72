import type { Clock, RandomBytes } from 'aun-core';
import type { Authorities } from '../../ca/authorities.js';
import type { GatewayConfig } from '../../config/schema.js';
import type { IdentityLimits } from '../../limits/identity-limits.js';
import type { GroupCommit } from '../../store/group-commit.js';
import type { CertificateReader } from '../identity/certificate-reader.js';
import type { Directory } from '../identity/directory.js';
import type { IdentityStore } from '../identity/identity-store.js';
import type { Registrar } from '../identity/registrar.js';
import type { AccessTokens } from './access-tokens.js';
import type { AuditLog } from './audit-log.js';
import type { PendingLogins } from './pending-logins.js';
import type { RefreshTokens } from './refresh-tokens.js';

/** What the methods of the auth service work with. */
export interface AuthDeps {
  readonly config: GatewayConfig;
  readonly authorities: Authorities;
  readonly store: IdentityStore;
  readonly certificates: CertificateReader;
  readonly commit: GroupCommit;
  readonly directory: Directory;
  readonly registrar: Registrar;
  readonly pending: PendingLogins;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly limits: IdentityLimits;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly random: RandomBytes;
}
