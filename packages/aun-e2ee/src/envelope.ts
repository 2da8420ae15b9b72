import type { JsonObject, JsonValue } from 'aun-core';

/**
 * One recipient as it stands in `recipients`: aid, device_id, role, key_source, fp, spk_id, wrap_nonce (base64, 12
 * bytes), wrapped_key (base64, 48 bytes). `device_id` `""` addresses every device of the AID (03 §5.3).
 */
export type RecipientRow = readonly [
  aid: string,
  deviceId: string,
  role: string,
  keySource: string,
  fp: string,
  spkId: string,
  wrapNonce: string,
  wrappedKey: string,
];

/** What the sender of a group message saw of the group state; members as in the AAD (03 §5.2). */
export type StateCommitmentWire = {
  readonly state_version: number;
  readonly state_hash: string;
  readonly state_chain: string;
};

/** Signed part of a P2P envelope (03 §5.2). */
export type P2PAad = {
  readonly from: string;
  readonly from_device: string;
  readonly to: string;
  readonly message_id: string;
  /** Unix ms. */
  readonly timestamp: number;
  readonly suite: string;
  readonly wrap_protocol: string;
};

/** Signed part of a group envelope (03 §5.2). */
export type GroupAad = {
  readonly from: string;
  readonly from_device: string;
  readonly group_id: string;
  readonly epoch: number;
  readonly message_id: string;
  /** Unix ms. */
  readonly timestamp: number;
  readonly suite: string;
  readonly wrap_protocol: string;
  readonly state_commitment: StateCommitmentWire;
};

/** Members that both kinds of envelope share; all binary values are padded standard base64 (03 §5.5). */
export type EnvelopeBase = {
  readonly version: 'v2';
  readonly suite: string;
  readonly msg_type: 'original';
  /** Unix ms, equals `aad.timestamp`. */
  readonly t_send: number;
  readonly t_server: number | null;
  readonly nonce: string;
  readonly ciphertext: string;
  readonly tag: string;
  readonly sender_signature: string;
  /** `sha256:` + 16 hex digits of the hash of the sender's *public key*. */
  readonly sender_cert_fingerprint: string;
  readonly sender_session_pk: string;
  readonly recipients_digest: string;
  readonly recipients: readonly RecipientRow[];
  readonly payload_type?: string;
  readonly protected_headers?: JsonObject;
  readonly context?: JsonObject;
};

/** `message.send` payload (03 §5.5). */
export type P2PEnvelope = EnvelopeBase & {
  readonly type: 'e2ee.p2p_encrypted';
  readonly t_supplement: null;
  readonly aad: P2PAad;
};

/** `envelope` of `group.v2.send` (03 §5.5). */
export type GroupEnvelope = EnvelopeBase & {
  readonly type: 'e2ee.group_encrypted';
  readonly group_id: string;
  readonly epoch: number;
  readonly aad: GroupAad;
};

export type Envelope = P2PEnvelope | GroupEnvelope;

/** One step of a Merkle path; `position` is the side on which the sibling stands (03 §5.4). */
export type MerkleStep = { readonly sibling: string; readonly position: 'L' | 'R' };

/** The signed row as an object, in the form handed to one device (03 §7). */
export type RecipientObject = {
  readonly aid: string;
  readonly device_id: string;
  readonly role: string;
  readonly key_source: string;
  readonly fp: string;
  readonly spk_id: string;
  readonly wrap_nonce: string;
  readonly wrapped_key: string;
};

/** Envelope without `recipients`, with one row and its proof (03 §7). */
export type PerDeviceEnvelope = { readonly [key: string]: JsonValue };
