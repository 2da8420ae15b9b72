export type AidKind = 'agent' | 'group' | 'service';
export type AidStatus = 'active' | 'suspended';
/** Stored states of 01 §3.4; `expired` follows from the dates, `inactive` from the AID's status. */
export type CertState = 'active_signing' | 'verify_only' | 'revoked';
export type SupersededReason = 'renew' | 'rekey';

export interface AidRow {
  aid: string;
  kind: AidKind;
  status: AidStatus;
  created_at: number;
}

export interface CertRow {
  /** Lower-case hex of the serial's INTEGER bytes. */
  serial: string;
  issuer: string;
  aid: string;
  /** 64 hex digits. */
  spki_sha256: string;
  /** 64 hex digits. */
  cert_sha256: string;
  pem: string;
  curve: string;
  state: CertState;
  not_before: number;
  not_after: number;
  superseded_by: string | null;
  superseded_reason: SupersededReason | null;
  revoked_at: number | null;
  reason: string | null;
  created_at: number;
}

export interface RefreshTokenRow {
  token_hash: string;
  family: string;
  aid: string;
  issued_at: number;
  expires_at: number;
  family_started_at: number;
  count: number;
  consumed_at: number | null;
}

export interface RevokedJtiRow {
  jti: string;
  expires_at: number;
}

export interface AgentMdRow {
  aid: string;
  content: Uint8Array;
  etag: string;
  visibility: string;
  modified_at: number;
}

/** Tables of migration 0001; times in Unix seconds. */
export interface IdentityTables {
  aids: AidRow;
  certs: CertRow;
  refresh_tokens: RefreshTokenRow;
  revoked_jti: RevokedJtiRow;
  agent_md: AgentMdRow;
}
