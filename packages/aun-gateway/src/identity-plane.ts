import type { Clock, Logger, RandomBytes } from 'aun-core';
import type { CertificateOffice } from './ca/open-ca.js';
import { RevocationStatus } from './ca/revocation-status.js';
import type { GatewayConfig } from './config/schema.js';
import { createIdentityLimits, type IdentityLimits } from './limits/identity-limits.js';
import type { RpcMethod } from './rpc/method.js';
import { AgentMdService } from './services/agentmd/agent-md-service.js';
import { createAgentMdStore } from './services/agentmd/agent-md-store.js';
import { requireSignature } from './services/agentmd/signature-rule.js';
import { AccessTokens } from './services/auth/access-tokens.js';
import { createAuditLog } from './services/auth/audit-log.js';
import { authMethods } from './services/auth/methods.js';
import { PendingLogins } from './services/auth/pending-logins.js';
import { RefreshTokens } from './services/auth/refresh-tokens.js';
import { trustRootsMethod } from './services/auth/trust-roots-method.js';
import { CertificateReader } from './services/identity/certificate-reader.js';
import { Directory } from './services/identity/directory.js';
import { IdentityEvents } from './services/identity/identity-events.js';
import { IdentityStore } from './services/identity/identity-store.js';
import { Registrar } from './services/identity/registrar.js';
import type { Database } from './store/database.js';
import type { GroupCommit } from './store/group-commit.js';

export interface IdentityPlaneDeps {
  readonly config: GatewayConfig;
  readonly office: CertificateOffice;
  readonly db: Database;
  readonly commit: GroupCommit;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly audit: Logger;
}

/** Identity, authentication and name service, put together; knows neither sockets nor HTTP. */
export interface IdentityPlane {
  readonly events: IdentityEvents;
  readonly store: IdentityStore;
  readonly directory: Directory;
  readonly registrar: Registrar;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly revocation: RevocationStatus;
  readonly agentMd: AgentMdService;
  readonly limits: IdentityLimits;
  readonly methods: readonly RpcMethod[];
}

export const createIdentityPlane = (
  deps: IdentityPlaneDeps & { readonly onAgentMdChanged: (aid: string) => void },
): IdentityPlane => {
  const { clock, commit, config, db, office, random } = deps;
  const { authorities } = office;
  const events = new IdentityEvents();
  const store = new IdentityStore(db);
  const shared = { store, authorities, events, clock };
  const directory = new Directory(shared);
  const registrar = new Registrar({ ...shared, commit });
  const revocation = new RevocationStatus(shared);
  const limits = createIdentityLimits(config.rateLimits, clock);
  const { tokens, login } = config;
  const accessTokens = new AccessTokens({
    db,
    authorities,
    directory,
    clock,
    random,
    ttl: tokens.accessTokenTtl,
  });
  const refreshTokens = new RefreshTokens({
    db,
    clock,
    random,
    policy: {
      ttl: tokens.refreshTokenTtl,
      familyTtl: tokens.refreshFamilyTtl,
      max: tokens.refreshMax,
      grace: tokens.refreshGrace,
    },
  });
  const pending = new PendingLogins(
    { ttlMs: login.nonceTtl * 1000, perAid: login.pendingPerAid, total: login.pendingTotal },
    clock,
  );
  const agentMd = new AgentMdService({
    store: createAgentMdStore(db),
    commit,
    directory,
    clock,
    onChanged: deps.onAgentMdChanged,
    ...(config.agentMd.requireSigned ? { verifySignature: requireSignature(directory, clock) } : {}),
  });
  const methods = authMethods({
    ...shared,
    config,
    commit,
    certificates: new CertificateReader(),
    directory,
    registrar,
    pending,
    accessTokens,
    refreshTokens,
    limits,
    audit: createAuditLog(deps.audit),
    random,
  });
  return {
    events,
    store,
    directory,
    registrar,
    accessTokens,
    refreshTokens,
    revocation,
    agentMd,
    limits,
    methods: [...methods, trustRootsMethod(office.trustList)],
  };
};
