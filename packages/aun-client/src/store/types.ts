import type { FetchAgentMdResult } from 'aun-agentmd';
import type { ErrorInfo } from 'aun-core';
import type { AnyAid } from '../aid.js';

export type AIDInfo = { aid: string; certNotAfter: Date; certIssuer: string; certFingerprint: string };

export type ResolveOpts = {
  /** Asks the network even if a certificate is stored. */
  forceRefresh?: boolean;
  /** Milliseconds for the whole operation; default 10,000. */
  timeout?: number;
  skipAgentMd?: boolean;
};

export type ResolveResult<A extends AnyAid = AnyAid> = {
  aid: A;
  agent_md?: FetchAgentMdResult;
  source: { cert_from_cache: boolean; agent_md_fetched: boolean };
};

export type FetchAgentMdOpts = { timeout?: number; requireVerified?: boolean };

export type DiagnoseResult = {
  aid: string;
  status: 'ready' | 'available' | 'registered_remote' | 'unknown';
  local_valid: boolean;
  remote_registered: boolean;
  suggestions: string[];
  local: { cert: boolean; private_key: boolean; error: ErrorInfo | null };
  remote: { checked: boolean; exists: boolean | null; error: ErrorInfo | null };
};

export type RenewResult = {
  renewed: true;
  new_cert_not_after: Date;
  new_fingerprint: string;
  agent_md_resign?: boolean;
};

export type RekeyResult = {
  rekeyed: true;
  new_cert_not_after: Date;
  new_fingerprint: string;
  agent_md_resign?: boolean;
};

export type GroupIdentityMaterial = {
  private_key_pem?: string;
  privateKeyPem?: string;
  public_key_der_b64?: string;
  publicKeyDerB64?: string;
  curve?: string;
  cert_pem?: string;
  certPem?: string;
  cert?: string;
  aid?: string;
};
