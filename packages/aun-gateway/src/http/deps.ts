import type { JsonObject, Logger } from 'aun-core';
import type { Authorities } from '../ca/authorities.js';
import type { RevocationStatus } from '../ca/revocation-status.js';
import type { GatewayConfig } from '../config/schema.js';
import type { IdentityLimits } from '../limits/identity-limits.js';
import type { GatewayMetrics } from '../metrics.js';
import type { TokenVerifier } from '../ports.js';
import type { AgentMdService } from '../services/agentmd/agent-md-service.js';
import type { Directory } from '../services/identity/directory.js';
import type { ForeignCertificates } from './foreign-certificates.js';

/** State of the process as `/health` reports it. */
export interface Readiness {
  readonly serving: boolean;
  readonly connections: number;
}

export interface HttpDeps {
  readonly config: GatewayConfig;
  readonly version: string;
  readonly authorities: Authorities;
  readonly directory: Directory;
  readonly revocation: RevocationStatus;
  readonly trustList: JsonObject;
  readonly tokens: TokenVerifier;
  readonly agentMd: AgentMdService;
  readonly foreign: ForeignCertificates;
  readonly limits: IdentityLimits;
  readonly metrics: GatewayMetrics;
  readonly log: Logger;
  now(): number;
  readiness(): Readiness;
  /** RPC URL of an issuer as discovery names it. */
  gatewayUrl(issuer: string): string;
}
