import type { Clock, Logger, RandomBytes } from 'aun-core';
import { type CertificateOffice, openVault } from './ca/open-ca.js';
import type { GatewayConfig } from './config/schema.js';
import { configuredLimits } from './edge-limits.js';
import { createFederation, type Federation } from './federation/federation.js';
import { clientAddress } from './http/client-address.js';
import { createIdentityPlane, type IdentityPlane } from './identity-plane.js';
import type { GatewayLogs } from './logging.js';
import { createMetrics, type GatewayMetrics } from './metrics.js';
import { createRpcEdge, type RpcEdge } from './rpc-edge.js';
import { createAuditLog } from './services/auth/audit-log.js';
import { openDatabase } from './store/database.js';
import { createGroupCommit } from './store/group-commit.js';
import { migrations } from './store/migrations/all.js';
import { migrate } from './store/migrations.js';
import { startUpkeep } from './upkeep.js';
import { version } from './version.js';
import { watchStore } from './watch-store.js';

export interface CoreInput {
  readonly config: GatewayConfig;
  readonly office: CertificateOffice;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly logs: GatewayLogs;
  readonly databaseFile: string;
  readonly processMetrics: boolean;
}

/** Everything but the listening sockets. */
export interface GatewayCore {
  readonly config: GatewayConfig;
  readonly office: CertificateOffice;
  readonly identity: IdentityPlane;
  readonly edge: RpcEdge;
  /** Undefined when it is switched off. */
  readonly federation: Federation | undefined;
  readonly metrics: GatewayMetrics;
  readonly clock: Clock;
  readonly log: Logger;
  /** Stops timers and closes the database; after `edge.close()`. */
  close(): void;
}

/** Puts the parts together: database, identity services, RPC edge, and the news they have for each other. */
export const assembleCore = (input: CoreInput): GatewayCore => {
  const { clock, config, logs, office, random } = input;
  const log = logs.main;
  const db = openDatabase(input.databaseFile);
  migrate(db, migrations, clock.now());
  const commit = createGroupCommit(db, log);
  const metrics = createMetrics({ processMetrics: input.processMetrics });
  const identity = createIdentityPlane({
    config,
    office,
    db,
    commit,
    clock,
    random,
    audit: logs.audit,
    onAgentMdChanged: (aid) => edge.agentMdChanged(aid),
  });
  const federation = config.federation.enabled
    ? createFederation({
        config: config.federation,
        authorities: office.authorities,
        vault: () => openVault(config),
        identityStore: identity.store,
        db,
        commit,
        clock,
        random,
        log,
        audit: createAuditLog(logs.audit),
        metrics: metrics.federation,
      })
    : undefined;
  const edge: RpcEdge = createRpcEdge({
    serverName: `gateway.${office.authorities.first.issuer}`,
    version,
    db,
    commit,
    clock,
    log,
    random,
    tokens: identity.accessTokens,
    directory: identity.directory,
    agentMd: identity.agentMd,
    methods: identity.methods,
    admitConnect: (aid) => identity.limits.connect.take(aid),
    admitSocket: (address) => identity.limits.sockets.take(address),
    admitAnonymous: (address) => identity.limits.anonymous.take(address),
    clientAddress: (request) => clientAddress(request, config.listen.trustProxy),
    limits: configuredLimits(config.limits),
    push: config.push,
    metrics,
    federation,
  });
  const bar = (aid: string, reason: string): void => edge.disconnectAid(aid, 4003, reason);
  identity.events.on('rekeyed', (aid) => edge.aidRekeyed(aid));
  identity.events.on('barred', bar);
  const timers = [
    watchStore({ db, identity, clock, onBarred: bar }),
    startUpkeep({ config, office, identity, clock, log }),
  ];
  return {
    config,
    office,
    identity,
    edge,
    federation,
    metrics,
    clock,
    log,
    close() {
      for (const timer of timers) timer.stop();
      federation?.stop();
      commit.flush();
      db.close();
    },
  };
};
