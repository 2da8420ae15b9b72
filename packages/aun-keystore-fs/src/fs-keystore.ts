import type {
  AgentMdEntry,
  ChangeSeedOptions,
  GroupIndexEntry,
  GroupStateRecord,
  IdentityMetadata,
  IdentitySummary,
  InstanceScope,
  InstanceState,
  JsonObject,
  JsonValue,
  KeyPairRecord,
  KeyStore,
  OutboxEntry,
  PendingHandle,
  PrekeyRecord,
  SyncKeyStore,
  TrustRootFile,
} from 'aun-core';
import type { StoreContext } from './context.js';
import { toKeyStoreError } from './errors.js';
import * as certificates from './identity/certificates.js';
import * as identityKeys from './identity/identity-keys.js';
import { type ListingCache, listIdentities } from './identity/list-identities.js';
import * as pending from './identity/pending.js';
import * as binds from './identity/pending-binds.js';
import * as promotion from './identity/promotion.js';
import { identityPaths } from './layout.js';
import { lockIdentity } from './lock/lock-identity.js';
import { type AgentMdChange, loadAgentMd, saveAgentMd } from './misc/agent-md.js';
import { deviceId } from './misc/device-id.js';
import { loadDnsEntry, saveDnsEntry } from './misc/dns-cache.js';
import * as groupIndex from './misc/group-index.js';
import * as outbox from './misc/outbox.js';
import * as trust from './misc/trust-roots.js';
import { changeSeed } from './seed/change-seed.js';
import * as deviceIdentity from './state/device-identity-keys.js';
import * as groupState from './state/group-state.js';
import * as instance from './state/instance-state.js';
import * as metadata from './state/metadata.js';
import * as prekeys from './state/prekeys.js';
import * as seqs from './state/seq-tracker.js';
import { just, runAsync, runSync, type Steps } from './steps.js';
import { type FsKeyStoreOptions, openContexts } from './store-options.js';

/**
 * Identities, tokens, prekeys and cursors in a directory (08), readable and writable by the public Node SDK. Several
 * stores and processes may be open on one path. Nothing is read or written before the first call. Every method
 * fails with `KeyStoreError`. The `…Sync` twins block; they wait for a lock at most 2 s.
 */
export class FsKeyStore implements KeyStore, SyncKeyStore {
  /** Absolute root directory. */
  readonly path: string;
  readonly #sync: StoreContext;
  readonly #async: StoreContext;
  readonly #listing: ListingCache = new Map();

  constructor(options: FsKeyStoreOptions) {
    const contexts = openContexts(options);
    this.#sync = contexts.sync;
    this.#async = contexts.async;
    this.path = contexts.async.layout.root;
  }

  deviceId = (): Promise<string> => this.#run((context) => deviceId(context));
  deviceIdSync = (): string => this.#runSync((context) => deviceId(context));

  // Identities and certificates (08 §4, §8.3)

  loadKeyPair(aid: string): Promise<KeyPairRecord | null> {
    return this.#run((context) => identityKeys.loadKeyPair(context, aid));
  }
  loadKeyPairSync(aid: string): KeyPairRecord | null {
    return this.#runSync((context) => identityKeys.loadKeyPair(context, aid));
  }
  saveKeyPair(aid: string, keyPair: KeyPairRecord): Promise<void> {
    return this.#run((context) => identityKeys.saveKeyPair(context, aid, keyPair));
  }
  saveKeyPairSync(aid: string, keyPair: KeyPairRecord): void {
    this.#runSync((context) => identityKeys.saveKeyPair(context, aid, keyPair));
  }
  loadPreviousKeyPairs(aid: string, limit: number): Promise<readonly KeyPairRecord[]> {
    return this.#run((context) => identityKeys.loadPreviousKeyPairs(context, aid, limit));
  }
  loadPreviousKeyPairsSync(aid: string, limit: number): readonly KeyPairRecord[] {
    return this.#runSync((context) => identityKeys.loadPreviousKeyPairs(context, aid, limit));
  }
  listIdentities(): Promise<readonly IdentitySummary[]> {
    return this.#run((context) => listIdentities(context, this.#listing));
  }
  listIdentitiesSync(): readonly IdentitySummary[] {
    return this.#runSync((context) => listIdentities(context, this.#listing));
  }
  changeSeed(oldSeed: string, newSeed: string, options?: ChangeSeedOptions): Promise<number> {
    return this.#run((context) => changeSeed(context, oldSeed, newSeed, options));
  }
  changeSeedSync(oldSeed: string, newSeed: string, options?: ChangeSeedOptions): number {
    return this.#runSync((context) => changeSeed(context, oldSeed, newSeed, options));
  }
  loadCert(aid: string, fingerprint?: string): Promise<string | null> {
    return this.#run((context) => just(() => certificates.loadCert(context, aid, fingerprint)));
  }
  loadCertSync(aid: string, fingerprint?: string): string | null {
    return this.#runSync((context) => just(() => certificates.loadCert(context, aid, fingerprint)));
  }
  saveCert(aid: string, certPem: string, options?: { readonly active?: boolean }): Promise<void> {
    return this.#run((context) => certificates.saveCert(context, aid, certPem, options));
  }
  saveCertSync(aid: string, certPem: string, options?: { readonly active?: boolean }): void {
    this.#runSync((context) => certificates.saveCert(context, aid, certPem, options));
  }

  // Half-finished registrations, rekeys and group bindings (08 §5)

  createPending(aid: string, keyPair: KeyPairRecord): Promise<PendingHandle> {
    return this.#run((context) => pending.createPending(context, aid, keyPair));
  }
  listPending(aid: string): Promise<readonly PendingHandle[]> {
    return this.#run((context) => just(() => pending.listPending(context, aid)));
  }
  loadPendingKeyPair(handle: PendingHandle): Promise<KeyPairRecord | null> {
    return this.#run((context) => pending.loadPendingKeyPair(context, handle));
  }
  loadPendingCert(handle: PendingHandle): Promise<string | null> {
    return this.#run((context) => just(() => pending.loadPendingCert(context, handle)));
  }
  savePendingCert(handle: PendingHandle, certPem: string): Promise<void> {
    return this.#run((context) => pending.savePendingCert(context, handle, certPem));
  }
  promotePending(handle: PendingHandle, options?: { readonly replace?: boolean }): Promise<void> {
    return this.#run((context) => promotion.promotePending(context, handle, options));
  }
  discardPending(handle: PendingHandle): Promise<void> {
    return this.#run((context) => pending.discardPending(context, handle));
  }
  repairKeyPair(aid: string): Promise<boolean> {
    return this.#run((context) => promotion.repairKeyPair(context, aid));
  }
  repairKeyPairSync(aid: string): boolean {
    return this.#runSync((context) => promotion.repairKeyPair(context, aid));
  }
  savePendingBind(groupId: string, keyPair: KeyPairRecord): Promise<void> {
    return this.#run((context) => binds.savePendingBind(context, groupId, keyPair));
  }
  loadPendingBind(groupId: string): Promise<KeyPairRecord | null> {
    return this.#run((context) => binds.loadPendingBind(context, groupId));
  }
  clearPendingBind(groupId: string): Promise<void> {
    return this.#run((context) => binds.clearPendingBind(context, groupId));
  }
  lockIdentity<T>(aid: string, work: () => Promise<T>): Promise<T> {
    return settle(async () => {
      const { name } = identityPaths(this.#async.layout, aid);
      return lockIdentity(this.#async, name, work);
    });
  }

  // Tokens, metadata, cursors and group state (08 §7)

  loadInstanceState(aid: string, scope: InstanceScope): Promise<InstanceState> {
    return this.#run((context) => instance.loadInstanceState(context, aid, scope));
  }
  updateInstanceState(
    aid: string,
    scope: InstanceScope,
    update: (state: InstanceState) => InstanceState,
  ): Promise<InstanceState> {
    return this.#run((context) => instance.updateInstanceState(context, aid, scope, update));
  }
  updateInstanceStates(aid: string, update: (state: InstanceState) => InstanceState): Promise<void> {
    return this.#run((context) => instance.updateInstanceStates(context, aid, update));
  }
  loadMetadata(aid: string): Promise<IdentityMetadata> {
    return this.#run((context) => metadata.loadMetadata(context, aid));
  }
  saveMetadata(aid: string, changes: { readonly [key: string]: JsonValue | undefined }): Promise<void> {
    return this.#run((context) => metadata.saveMetadata(context, aid, changes));
  }
  async loadSeq(aid: string, scope: InstanceScope, namespace: string): Promise<number> {
    return (await this.loadAllSeqs(aid, scope)).get(namespace) ?? 0;
  }
  loadAllSeqs(aid: string, scope: InstanceScope): Promise<ReadonlyMap<string, number>> {
    return this.#run((context) => seqs.loadAllSeqs(context, aid, scope));
  }
  saveSeqs(
    aid: string,
    scope: InstanceScope,
    values: ReadonlyMap<string, number>,
    options?: { readonly reset?: boolean },
  ): Promise<void> {
    return this.#run((context) => seqs.saveSeqs(context, aid, scope, values, options));
  }
  loadGroupState(aid: string, groupId: string): Promise<GroupStateRecord | null> {
    return this.#run((context) => groupState.loadGroupState(context, aid, groupId));
  }
  saveGroupState(aid: string, state: GroupStateRecord): Promise<void> {
    return this.#run((context) => groupState.saveGroupState(context, aid, state));
  }

  // Prekeys and device keys (08 §7.7)

  savePrekey(aid: string, device: string, prekey: PrekeyRecord): Promise<void> {
    return this.#run((context) => prekeys.savePrekey(context, aid, device, prekey));
  }
  currentPrekeyOrCreate(aid: string, device: string, candidate: PrekeyRecord): Promise<PrekeyRecord> {
    return this.#run((context) => prekeys.currentPrekeyOrCreate(context, aid, device, candidate));
  }
  loadPrekey(aid: string, device: string, groupId: string, spkId: string): Promise<PrekeyRecord | null> {
    return this.#run((context) => prekeys.loadPrekey(context, { aid, deviceId: device, groupId }, spkId));
  }
  loadCurrentPrekey(aid: string, device: string, groupId: string): Promise<PrekeyRecord | null> {
    return this.#run((context) => prekeys.loadCurrentPrekey(context, { aid, deviceId: device, groupId }));
  }
  listPrekeys(
    aid: string,
    device: string,
    groupId: string,
  ): Promise<readonly { readonly spkId: string; readonly createdAt: number }[]> {
    return this.#run((context) => prekeys.listPrekeys(context, { aid, deviceId: device, groupId }));
  }
  deletePrekey(aid: string, device: string, groupId: string, spkId: string): Promise<void> {
    return this.#run((context) => prekeys.deletePrekey(context, { aid, deviceId: device, groupId }, spkId));
  }
  markPrekeyUploaded(aid: string, device: string, groupId: string, spkId: string): Promise<void> {
    return this.#run((context) =>
      prekeys.markPrekeyUploaded(context, { aid, deviceId: device, groupId }, spkId),
    );
  }
  loadLatestUploadedPrekeyId(aid: string, device: string, groupId: string): Promise<string | null> {
    return this.#run((context) =>
      prekeys.loadLatestUploadedPrekeyId(context, { aid, deviceId: device, groupId }),
    );
  }
  loadIdentityKeyAlias(aid: string, device: string, keyId: string): Promise<Uint8Array | null> {
    return this.#run((context) => deviceIdentity.loadIdentityKeyAlias(context, aid, device, keyId));
  }
  loadGroupIdentity(aid: string, device: string, groupAid: string): Promise<KeyPairRecord | null> {
    return this.#run((context) => deviceIdentity.loadGroupIdentity(context, aid, device, groupAid));
  }
  saveGroupIdentity(aid: string, device: string, groupAid: string, keyPair: KeyPairRecord): Promise<void> {
    return this.#run((context) => deviceIdentity.saveGroupIdentity(context, aid, device, groupAid, keyPair));
  }

  // Trust roots, cards, names, outbox (08 §9, 09 §7)

  saveTrustRoots(list: JsonObject, roots: readonly TrustRootFile[]): Promise<void> {
    return this.#run((context) => trust.saveTrustRoots(context, list, roots));
  }
  saveIssuerRootCert(issuer: string, certPem: string): Promise<void> {
    return this.#run((context) => trust.saveIssuerRootCert(context, issuer, certPem));
  }
  loadTrustList(): Promise<JsonObject | null> {
    return this.#run((context) => just(() => trust.loadTrustList(context)));
  }
  loadTrustBundle(): Promise<readonly string[]> {
    return this.#run((context) => just(() => trust.loadTrustBundle(context)));
  }
  loadTrustBundleSync(): readonly string[] {
    return this.#runSync((context) => just(() => trust.loadTrustBundle(context)));
  }
  loadAgentMd(aid: string): Promise<AgentMdEntry> {
    return this.#run((context) => just(() => loadAgentMd(context, aid)));
  }
  saveAgentMd(aid: string, change: AgentMdChange): Promise<string> {
    return this.#run((context) => saveAgentMd(context, aid, change));
  }
  loadGroupIndex(aid: string, groupAid: string): Promise<GroupIndexEntry | null> {
    return this.#run((context) => just(() => groupIndex.loadGroupIndex(context, aid, groupAid)));
  }
  saveGroupIndex(aid: string, groupAid: string, entry: GroupIndexEntry): Promise<void> {
    return this.#run((context) => just(() => groupIndex.saveGroupIndex(context, aid, groupAid, entry)));
  }
  loadDnsEntry(hostname: string): Promise<{ readonly ip: string; readonly port: number } | null> {
    return this.#run((context) => loadDnsEntry(context, hostname));
  }
  saveDnsEntry(hostname: string, ip: string, port: number): Promise<void> {
    return this.#run((context) => saveDnsEntry(context, hostname, ip, port));
  }
  enqueueOutbox(aid: string, entry: OutboxEntry): Promise<void> {
    return this.#run((context) => outbox.enqueueOutbox(context, aid, entry));
  }
  listOutbox(aid: string): Promise<readonly OutboxEntry[]> {
    return this.#run((context) => outbox.listOutbox(context, aid));
  }
  touchOutbox(aid: string, messageId: string): Promise<void> {
    return this.#run((context) => outbox.touchOutbox(context, aid, messageId));
  }
  removeOutbox(aid: string, messageId: string): Promise<void> {
    return this.#run((context) => outbox.removeOutbox(context, aid, messageId));
  }

  /** Releases database handles and wipes derived keys; idempotent. A later call opens again. */
  async close(): Promise<void> {
    this.closeSync();
  }

  closeSync(): void {
    this.#sync.databases.close();
    this.#sync.keyring.wipe();
    this.#listing.clear();
  }

  #run<T>(operation: (context: StoreContext) => Steps<T>): Promise<T> {
    return settle(() => runAsync(operation(this.#async)));
  }

  #runSync<T>(operation: (context: StoreContext) => Steps<T>): T {
    try {
      return runSync(operation(this.#sync));
    } catch (error) {
      throw toKeyStoreError(error);
    }
  }
}

/** Opens a store; the same as `new FsKeyStore(options)`. */
export const openFsKeyStore = (options: FsKeyStoreOptions): FsKeyStore => new FsKeyStore(options);

async function settle<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toKeyStoreError(error);
  }
}
