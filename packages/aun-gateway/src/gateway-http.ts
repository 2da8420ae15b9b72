import type { GatewayCore } from './gateway-core.js';
import { createHttpApp } from './http/app.js';
import type { HttpApp } from './http/env.js';
import { fetchText } from './http/fetch-text.js';
import {
  createForeignCertificates,
  type ForeignCertificates,
  noForeignCertificates,
} from './http/foreign-certificates.js';
import { createPeerCertificates } from './http/peer-certificates.js';
import { version } from './version.js';

/** The HTTP side over an assembled core. */
export const createGatewayHttp = (core: GatewayCore, gatewayUrl: (issuer: string) => string): HttpApp => {
  const { clock, config, edge, identity, office } = core;
  return createHttpApp({
    config,
    version,
    authorities: office.authorities,
    directory: identity.directory,
    revocation: identity.revocation,
    trustList: office.trustList,
    tokens: identity.accessTokens,
    agentMd: identity.agentMd,
    foreign: foreignCertificates(core),
    limits: identity.limits,
    metrics: core.metrics,
    log: core.log,
    now: () => clock.now(),
    readiness: () => ({ serving: edge.accepting, connections: edge.connectionCount }),
    gatewayUrl,
  });
};

/** Agents of peers first: the operator trusts their roots. Others by asking `gateway.{issuer}`, if that is allowed. */
const foreignCertificates = ({ config, federation, log }: GatewayCore): ForeignCertificates => {
  const others = config.proxyForeignCertificates
    ? createForeignCertificates(fetchText(log))
    : noForeignCertificates;
  return federation === undefined ? others : createPeerCertificates(federation, others, log);
};
