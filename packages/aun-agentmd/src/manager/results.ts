import type { VerifyResult } from '../verify.js';

/** Result of `download` (07 §3.8). */
export interface FetchAgentMdResult {
  readonly aid: string;
  readonly content: string;
  readonly verification: { readonly status: VerifyResult['status']; readonly reason?: string };
  readonly signature: VerifyResult;
  /** PEM of the certificate it was verified with, `''` when there was none. */
  readonly cert_pem: string;
  readonly etag: string;
  readonly last_modified: string;
  readonly status: number;
  /** Own AID: is the stored copy the published one? Other AIDs: null. */
  readonly in_sync: boolean | null;
  readonly saved_to: string | null;
  readonly save_error: string | null;
}

/** Result of `check` (07 §3.8). */
export interface CheckAgentMdResult {
  readonly aid: string;
  readonly local_found: boolean;
  readonly remote_found: boolean;
  readonly local_etag: string;
  readonly remote_etag: string;
  readonly in_sync: boolean;
  readonly needs_update: boolean;
  readonly last_modified: string;
  readonly status: number;
  readonly cached: boolean;
  readonly verify_status: string;
  readonly verify_error: string;
  readonly ttl_days: number;
}

/** Result of `head` (07 §3.8). */
export interface HeadAgentMdResult {
  readonly aid: string;
  readonly found: boolean;
  readonly etag: string;
  readonly last_modified: string;
  readonly content_length: number;
  readonly status: number;
}

/** Result of `upload` (07 §3.9): the server's members plus ours. */
export interface UploadAgentMdResult {
  readonly aid: string;
  readonly bytes: number;
  readonly etag: string;
  readonly last_modified: string;
  readonly agent_md_url: string;
  /** The signed text. */
  readonly content: string;
  readonly saved_to: string | null;
  readonly save_error: string | null;
  readonly [member: string]: unknown;
}

export type AgentMdManagerErrorCode =
  | 'AGENTMD_NOT_FOUND'
  | 'AGENTMD_PARSE_ERROR'
  | 'CERT_FINGERPRINT_MISMATCH'
  | 'INVALID_AID_FORMAT'
  | 'NETWORK_ERROR'
  | 'PRIVATE_KEY_NOT_VALID'
  | 'SIGNATURE_INVALID'
  | 'SIGNATURE_NOT_FOUND';

/** Cause of a `NETWORK_ERROR` that was an HTTP answer; `code` is its status (07 §3.9). */
export class AgentMdHttpError extends Error {
  override readonly name = 'AgentMdHttpError';

  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}
