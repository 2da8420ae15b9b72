import type { JsonObject, JsonValue } from '../json.js';
import type {
  AgentMdEntry,
  GroupIndexEntry,
  GroupStateRecord,
  IdentityMetadata,
  IdentitySummary,
  InstanceScope,
  InstanceState,
  KeyPairRecord,
  OutboxEntry,
  PendingHandle,
  PrekeyRecord,
  TrustRootFile,
} from './records.js';

export interface ChangeSeedOptions {
  /** Permits an empty new seed, whose key is publicly known (08 §4.2). */
  readonly allowEmpty?: boolean;
  /** Removes `.vN` backups after success (08 §6.3). */
  readonly purgeBackups?: boolean;
}

/** Identities and certificates (08 §4, §8.3). All methods reject with `KeyStoreError`. */
export interface IdentityStore {
  /** Null when no key is stored; `private_key_unreadable` for a damaged file or wrong seed. */
  loadKeyPair(aid: string): Promise<KeyPairRecord | null>;
  /** Replaces the key; the old one stays as an encrypted backup. */
  saveKeyPair(aid: string, keyPair: KeyPairRecord): Promise<void>;
  /** Earlier keys of a re-keyed identity, newest first, at most `limit` (08 §7.7). */
  loadPreviousKeyPairs(aid: string, limit: number): Promise<readonly KeyPairRecord[]>;
  /** Local identities sorted by AID; broken entries are left out (07 §3.5). */
  listIdentities(): Promise<readonly IdentitySummary[]>;
  /** Number of re-encrypted keys; 0 when the seeds are equal (08 §6.2). */
  changeSeed(oldSeed: string, newSeed: string, options?: ChangeSeedOptions): Promise<number>;
  /** Active certificate, or the version with this `sha256:`+64 hex fingerprint; null when absent. */
  loadCert(aid: string, fingerprint?: string): Promise<string | null>;
  /** `active: false` stores only a version by fingerprint. Guards of 08 §8.3 apply. */
  saveCert(aid: string, certPem: string, options?: { readonly active?: boolean }): Promise<void>;
}

/** Half-finished registrations, rekeys and group bindings (08 §5). */
export interface PendingStore {
  createPending(aid: string, keyPair: KeyPairRecord): Promise<PendingHandle>;
  /** Newest first. */
  listPending(aid: string): Promise<readonly PendingHandle[]>;
  /** Null when the pending entry holds no key; throws when it cannot be decrypted. */
  loadPendingKeyPair(handle: PendingHandle): Promise<KeyPairRecord | null>;
  loadPendingCert(handle: PendingHandle): Promise<string | null>;
  savePendingCert(handle: PendingHandle, certPem: string): Promise<void>;
  /**
   * Makes the pending key and certificate the identity. `identity_exists` when another key is there, unless
   * `replace` (rekey): then the old key and certificate are kept as versions.
   */
  promotePending(handle: PendingHandle, options?: { readonly replace?: boolean }): Promise<void>;
  discardPending(handle: PendingHandle): Promise<void>;
  /** Finishes a rekey whose promotion was cut short: true if a pending key fits the active certificate (08 §5.3). */
  repairKeyPair(aid: string): Promise<boolean>;
  savePendingBind(groupId: string, keyPair: KeyPairRecord): Promise<void>;
  loadPendingBind(groupId: string): Promise<KeyPairRecord | null>;
  clearPendingBind(groupId: string): Promise<void>;
}

/** Procedures that must not run twice at once for one identity (08 §8.1). */
export interface IdentityLockStore {
  /**
   * Runs `work` (a registration, a rekey with its network calls) alone for this AID, among processes or tabs and among
   * the flows of this one. Store calls inside join the lock. `busy` when it cannot be had in time.
   */
  lockIdentity<T>(aid: string, work: () => Promise<T>): Promise<T>;
}

/** Tokens, metadata, cursors and group state of one identity (08 §7). */
export interface StateStore {
  loadInstanceState(aid: string, scope: InstanceScope): Promise<InstanceState>;
  /** Atomic read-modify-write across processes; `update` must be synchronous. Returns what was written. */
  updateInstanceState(
    aid: string,
    scope: InstanceScope,
    update: (state: InstanceState) => InstanceState,
  ): Promise<InstanceState>;
  /** The same for every device and slot that this identity has a state of, all or none (07 §3.10). */
  updateInstanceStates(aid: string, update: (state: InstanceState) => InstanceState): Promise<void>;
  loadMetadata(aid: string): Promise<IdentityMetadata>;
  /** Writes the given members; `undefined` deletes one. */
  saveMetadata(aid: string, changes: { readonly [key: string]: JsonValue | undefined }): Promise<void>;
  loadSeq(aid: string, scope: InstanceScope, namespace: string): Promise<number>;
  loadAllSeqs(aid: string, scope: InstanceScope): Promise<ReadonlyMap<string, number>>;
  /** Never lowers a stored value unless `reset` (08 §7.5). */
  saveSeqs(
    aid: string,
    scope: InstanceScope,
    seqs: ReadonlyMap<string, number>,
    options?: { readonly reset?: boolean },
  ): Promise<void>;
  loadGroupState(aid: string, groupId: string): Promise<GroupStateRecord | null>;
  saveGroupState(aid: string, state: GroupStateRecord): Promise<void>;
}

/** Private device keys of the E2EE layer (03 §11, 08 §7.7). Keyed by (aid, device); slots share them. */
export interface PrekeyStore {
  savePrekey(aid: string, deviceId: string, prekey: PrekeyRecord): Promise<void>;
  /**
   * Stores `candidate` and returns it, or returns the newest stored prekey of its group when there is one:
   * decided atomically, so that two processes starting at once agree on one prekey.
   */
  currentPrekeyOrCreate(aid: string, deviceId: string, candidate: PrekeyRecord): Promise<PrekeyRecord>;
  loadPrekey(aid: string, deviceId: string, groupId: string, spkId: string): Promise<PrekeyRecord | null>;
  /** Greatest `createdAt`, then greatest id; null when none. */
  loadCurrentPrekey(aid: string, deviceId: string, groupId: string): Promise<PrekeyRecord | null>;
  /** Newest first, without private parts. */
  listPrekeys(
    aid: string,
    deviceId: string,
    groupId: string,
  ): Promise<readonly { readonly spkId: string; readonly createdAt: number }[]>;
  /** Removes the key and its uploaded marker. */
  deletePrekey(aid: string, deviceId: string, groupId: string, spkId: string): Promise<void>;
  markPrekeyUploaded(aid: string, deviceId: string, groupId: string, spkId: string): Promise<void>;
  /** Newest marker whose key still exists; null when none. */
  loadLatestUploadedPrekeyId(aid: string, deviceId: string, groupId: string): Promise<string | null>;
  /** An identity key stored by a public SDK under an older id, for messages that name it (08 §7.7). */
  loadIdentityKeyAlias(aid: string, deviceId: string, keyId: string): Promise<Uint8Array | null>;
  /** Key pair of a group AID held on this device (03 §11.1); null when absent. */
  loadGroupIdentity(aid: string, deviceId: string, groupAid: string): Promise<KeyPairRecord | null>;
  saveGroupIdentity(aid: string, deviceId: string, groupAid: string, keyPair: KeyPairRecord): Promise<void>;
}

/** Trust anchors learned from verified lists and imports (08 §9.1). */
export interface TrustStore {
  saveTrustRoots(list: JsonObject, roots: readonly TrustRootFile[]): Promise<void>;
  saveIssuerRootCert(issuer: string, certPem: string): Promise<void>;
  loadTrustList(): Promise<JsonObject | null>;
  /** PEM blocks of all usable anchors. */
  loadTrustBundle(): Promise<readonly string[]>;
}

/** Cached cards (09 §7). */
export interface AgentMdStore {
  loadAgentMd(aid: string): Promise<AgentMdEntry>;
  /** Writes what is given; record members set to undefined or null are left as they are. Returns the path or key. */
  saveAgentMd(
    aid: string,
    change: {
      readonly content?: Uint8Array;
      readonly record?: { readonly [key: string]: JsonValue | undefined };
    },
  ): Promise<string>;
}

/** Signed group indexes as last verified (08 §9.4). A damaged or uncacheable entry counts as absent. */
export interface GroupIndexStore {
  loadGroupIndex(aid: string, groupAid: string): Promise<GroupIndexEntry | null>;
  saveGroupIndex(aid: string, groupAid: string, entry: GroupIndexEntry): Promise<void>;
}

/** Names resolved earlier, for use when DNS fails (08 §9.2). */
export interface DnsCacheStore {
  loadDnsEntry(hostname: string): Promise<{ readonly ip: string; readonly port: number } | null>;
  saveDnsEntry(hostname: string, ip: string, port: number): Promise<void>;
}

/** Messages to be sent durably (08, last section). */
export interface OutboxStore {
  /** A message id that waits already stays as it is; `invalid_argument` when it waits for another order key. */
  enqueueOutbox(aid: string, entry: OutboxEntry): Promise<void>;
  /** In order of enqueueing. An entry that lost its bytes has an empty `sealed`. */
  listOutbox(aid: string): Promise<readonly OutboxEntry[]>;
  /** Counts one more attempt. */
  touchOutbox(aid: string, messageId: string): Promise<void>;
  removeOutbox(aid: string, messageId: string): Promise<void>;
}

/** Everything an AUN client keeps between two starts, whatever it is kept in (08 §11). */
export interface KeyStore
  extends IdentityStore,
    PendingStore,
    IdentityLockStore,
    StateStore,
    PrekeyStore,
    TrustStore,
    AgentMdStore,
    GroupIndexStore,
    DnsCacheStore,
    OutboxStore {
  /** Device id of this store, created on first use (08 §3). */
  deviceId(): Promise<string>;
  /** Releases handles and wipes derived keys; idempotent. Later calls reopen lazily. */
  close(): Promise<void>;
}
