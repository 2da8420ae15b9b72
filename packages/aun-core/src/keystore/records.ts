import type { JsonObject } from '../json.js';

/** An identity's key pair, decrypted (08 §4). */
export interface KeyPairRecord {
  /** PKCS#8 PEM. */
  readonly privateKeyPem: string;
  /** Base64 of the SPKI DER, 91 bytes. */
  readonly publicKeyDerB64: string;
  readonly curve: 'P-256';
}

/** What `list()` tells about a local identity without loading its key (07 §3.5). */
export interface IdentitySummary {
  readonly aid: string;
  /** PEM of the active certificate. */
  readonly certPem: string;
}

/** Directory (or record) of a half-finished registration or rekey; opaque outside the store (08 §5.1). */
export type PendingHandle = string & { readonly __pending?: never };

/** Scope of tokens and cursors: one device and the isolation key of one slot (08 §8.2). */
export interface InstanceScope {
  readonly deviceId: string;
  /** Full slot text; the store derives the isolation key. */
  readonly slotId: string;
}

/** `instance_state.data`: `access_token`, `refresh_token`, `access_token_expires_at` (s), ...; unknown members stay (08 §7.3). */
export type InstanceState = JsonObject;

/** Metadata of an identity, e.g. `gateway_url`, `gateway_cached_at` (ms) (08 §7.4). */
export type IdentityMetadata = JsonObject;

export type DeviceKeyType = 'spk' | 'group_spk';

/** A prekey of one device; `groupId` is empty for P2P prekeys (03 §11.1). */
export interface PrekeyRecord {
  readonly spkId: string;
  readonly groupId: string;
  /** 32-byte P-256 scalar. */
  readonly privateScalar: Uint8Array;
  /** SPKI DER, 91 bytes. */
  readonly publicSpki: Uint8Array;
  /** Unix ms. */
  readonly createdAt: number;
}

/** Row of the local group chain table (08 §7.2). */
export interface GroupStateRecord {
  readonly groupId: string;
  readonly stateVersion: number;
  readonly stateHash: string;
  readonly keyEpoch: number;
  readonly membershipJson: string;
  readonly policyJson: string;
}

export interface TrustRootFile {
  /** File name stem, made from `id` or fingerprint (08 §9.1). */
  readonly name: string;
  readonly certPem: string;
}

/** agent.md of one AID: bytes as received or signed, metadata as in agentmd.json (09 §7.1). */
export interface AgentMdEntry {
  readonly content: Uint8Array | null;
  readonly record: JsonObject;
}

/** Cached index of a group (08 §9.4). */
export interface GroupIndexEntry {
  /** The signed body, JSON lines. */
  readonly indexJsonl: string;
  /** `etag`, `last_modified` and more of the answer. */
  readonly remoteMeta: JsonObject;
  readonly localEtag: string;
  readonly settings: JsonObject;
  readonly entryEtags: JsonObject;
}

/** A message that is not yet acknowledged (08, last section). `sealed` hides its params. */
export interface OutboxEntry {
  readonly messageId: string;
  /** Recipient AID or group AID; messages of one order key leave in order. */
  readonly orderKey: string;
  /** Unix ms. */
  readonly enqueuedAt: number;
  /** Unix ms; null = never expires. */
  readonly expiresAt: number | null;
  readonly attempts: number;
  /** nonce(12) ‖ ciphertext ‖ tag(16). */
  readonly sealed: Uint8Array;
}
