/** What the connection and message parts need from identity, name service and agent.md; synchronous reads but for tokens. */

export interface TokenIdentity {
  readonly aid: string;
  /** `jti`, or '' when the token carries none. */
  readonly tokenId: string;
}

export type TokenVerdict =
  | { readonly ok: true; readonly identity: TokenIdentity }
  | { readonly ok: false; readonly reason: string };

export interface TokenVerifier {
  /** Judges an access token (signature, expiry, revocation, AID not suspended). `reason` is shown to the caller. */
  verifyAccessToken(token: string, nowMs: number): Promise<TokenVerdict>;
}

/** The public material of one AID's current certificate. */
export interface AidCertificate {
  readonly certPem: string;
  /** `sha256:` + 64 hex of the certificate DER. */
  readonly certFingerprint: string;
  /** SPKI DER of the AID key. */
  readonly spkiDer: Uint8Array;
  /** Issuer certificates, leaf's issuer first. */
  readonly chainPems: readonly string[];
}

export interface AidDirectory {
  /** The AID is registered in this domain. */
  exists(aid: string): boolean;
  /** Current certificate, or null when the AID is unknown, revoked or suspended. */
  certificate(aid: string): AidCertificate | null;
  /** A certificate of this AID by fingerprint (`sha256:` + 64 hex), current or earlier, for client signatures; null if unknown. */
  certificateByFingerprint(aid: string, fingerprint: string): AidCertificate | null;
  /** The named certificate of this AID was withdrawn; then its signatures are refused with -32050 (01 §15.4). */
  isRevoked?(aid: string, fingerprint: string): boolean;
}

export interface AgentMdVersion {
  /** Exactly the HTTP `ETag` value, quotes included. */
  readonly etag: string;
  /** HTTP date. */
  readonly lastModified: string;
}

export interface AgentMdLookup {
  /** Version of the AID's published agent.md, or null when none is published. */
  version(aid: string): AgentMdVersion | null;
}

/** Counters for `/metrics`; the HTTP side names and exposes them. */
export interface EdgeMetrics {
  connectionOpened(): void;
  connectionClosed(): void;
  rpc(method: string, code: number, milliseconds: number): void;
}

export type TraceMode = 'off' | 'log' | 'diag';
export type SignaturePolicy = 'off' | 'signature' | 'strict';

/** Limits and policies of connections and messages; defaults in `defaultEdgeLimits`. Times in milliseconds. */
export interface EdgeLimits {
  readonly challengeDelayMs: number;
  readonly authTimeoutMs: number;
  readonly handlerDeadlineMs: number;
  readonly wsPingIntervalMs: number;
  readonly wsDeadAfterMs: number;
  readonly maxFrameBytes: number;
  readonly maxConnections: number;
  readonly longSlotsPerDevice: number;
  readonly longDevicesPerAid: number;
  readonly shortPerSlot: number;
  readonly shortTtlMs: number;
  /** Requests per second and burst per AID; 0 = off. A burst of 0 is ten times the rate. */
  readonly rpcRate: number;
  readonly rpcBurst: number;
  /** `message.send` per second and burst per AID; 0 = off. A burst of 0 is ten times the rate. */
  readonly sendRate: number;
  readonly sendBurst: number;
  readonly notifyRate: number;
  readonly notifyBurst: number;
  readonly outboundMaxFrames: number;
  readonly outboundMaxBytes: number;
  readonly heartbeatIntervalSeconds: number;
  readonly traceMaxMode: TraceMode;
  readonly verifyClientSignature: SignaturePolicy;
  readonly signatureWindowSeconds: number;
  readonly fanoutTtlMs: number;
  /** Rows that every slot of their device has acked go after this, if that is sooner (04 §20). */
  readonly ackedTtlMs: number;
  /** How long a message id is remembered; never less than `fanoutTtlMs`. */
  readonly dedupRetentionMs: number;
  readonly deviceActiveWindowMs: number;
  readonly maxActiveDevices: number;
  readonly inboxMaxUnacked: number;
  /** Unacked rows of one sender in one inbox; 0 = off. */
  readonly offlinePerSender: number;
  /** Rows per pull page, at most 50. */
  readonly pullMaxLimit: number;
  readonly queueRingTtlMs: number;
  readonly queueRingSize: number;
  readonly payloadMaxBytes: number;
  readonly recallWindowMs: number;
  readonly sendSkewAheadMs: number;
  readonly sendSkewBehindMs: number;
  readonly pushInline: boolean;
  readonly wrapPolicy: '1DH/aid' | '3DH/device';
  readonly auditAids: readonly string[];
  readonly maxThoughtHeadsPerSender: number;
  readonly metaThrottleMs: number;
}
