import {
  type AgentMdEntry,
  type GroupIndexEntry,
  type GroupStateRecord,
  type IdentityMetadata,
  type InstanceScope,
  type InstanceState,
  type JsonObject,
  type KeyPairRecord,
  type KeyStore,
  KeyStoreError,
  type OutboxEntry,
  type PendingHandle,
  type PrekeyRecord,
  slotIsolationKey,
} from 'aun-core';
import { parseCertificate } from 'aun-pki';

type Pending = { readonly aid: string; readonly pair: KeyPairRecord; certPem: string | null };

const fingerprintOf = (pem: string): string => {
  const parsed = parseCertificate(pem);
  if (!parsed.ok) throw new KeyStoreError('certificate_unreadable', parsed.error.message);
  return parsed.data.fingerprint;
};
const key = (...parts: readonly string[]): string => parts.join('\0');
const scoped = (aid: string, { deviceId, slotId }: InstanceScope): string =>
  key(aid, deviceId, slotIsolationKey(slotId));

/** The key store of somebody who wants nothing on a disk: only what `KeyStore` asks for, and no synchronous method. */
export class MemoryKeyStore implements KeyStore {
  readonly #pairs = new Map<string, readonly KeyPairRecord[]>();
  readonly #certs = new Map<string, string>();
  readonly #pending = new Map<string, Pending>();
  readonly #binds = new Map<string, KeyPairRecord>();
  readonly #locks = new Map<string, Promise<unknown>>();
  readonly #states = new Map<string, InstanceState>();
  readonly #metadata = new Map<string, IdentityMetadata>();
  readonly #seqs = new Map<string, ReadonlyMap<string, number>>();
  readonly #groups = new Map<string, GroupStateRecord>();
  readonly #prekeys = new Map<string, readonly PrekeyRecord[]>();
  readonly #uploaded = new Map<string, string>();
  readonly #groupIdentities = new Map<string, KeyPairRecord>();
  readonly #cards = new Map<string, AgentMdEntry>();
  readonly #indexes = new Map<string, GroupIndexEntry>();
  readonly #names = new Map<string, { readonly ip: string; readonly port: number }>();
  #outbox: readonly (OutboxEntry & { readonly aid: string })[] = [];
  #trust: { list: JsonObject | null; bundle: string[] } = { list: null, bundle: [] };
  #handles = 0;
  closed = 0;

  async deviceId(): Promise<string> {
    return 'a-device-in-memory';
  }
  async close(): Promise<void> {
    this.closed += 1;
  }

  async loadKeyPair(aid: string): Promise<KeyPairRecord | null> {
    return this.#pairs.get(aid)?.[0] ?? null;
  }
  async saveKeyPair(aid: string, pair: KeyPairRecord): Promise<void> {
    this.#pairs.set(aid, [pair, ...(this.#pairs.get(aid) ?? [])]);
  }
  async loadPreviousKeyPairs(aid: string, limit: number): Promise<readonly KeyPairRecord[]> {
    return this.#pairs.get(aid)?.slice(1, 1 + limit) ?? [];
  }
  async listIdentities(): Promise<readonly { readonly aid: string; readonly certPem: string }[]> {
    return [...this.#pairs.keys()].sort().flatMap((aid) => {
      const certPem = this.#certs.get(aid);
      return certPem === undefined ? [] : [{ aid, certPem }];
    });
  }
  async changeSeed(): Promise<number> {
    throw new KeyStoreError('seed_refused', 'nothing here is encrypted');
  }
  async loadCert(aid: string, fingerprint?: string): Promise<string | null> {
    return this.#certs.get(fingerprint === undefined ? aid : key(aid, fingerprint)) ?? null;
  }
  async saveCert(aid: string, pem: string, options: { readonly active?: boolean } = {}): Promise<void> {
    this.#certs.set(key(aid, fingerprintOf(pem)), pem);
    if (options.active !== false) this.#certs.set(aid, pem);
  }

  async createPending(aid: string, pair: KeyPairRecord): Promise<PendingHandle> {
    this.#handles += 1;
    const handle = `${this.#handles}`;
    this.#pending.set(handle, { aid, pair, certPem: null });
    return handle;
  }
  async listPending(aid: string): Promise<readonly PendingHandle[]> {
    return [...this.#pending].flatMap(([handle, entry]) => (entry.aid === aid ? [handle] : [])).reverse();
  }
  async loadPendingKeyPair(handle: PendingHandle): Promise<KeyPairRecord | null> {
    return this.#pending.get(handle)?.pair ?? null;
  }
  async loadPendingCert(handle: PendingHandle): Promise<string | null> {
    return this.#pending.get(handle)?.certPem ?? null;
  }
  async savePendingCert(handle: PendingHandle, certPem: string): Promise<void> {
    this.#found(handle).certPem = certPem;
  }
  async promotePending(handle: PendingHandle, options: { readonly replace?: boolean } = {}): Promise<void> {
    const { aid, pair, certPem } = this.#found(handle);
    const known = await this.loadKeyPair(aid);
    if (known !== null && known.publicKeyDerB64 !== pair.publicKeyDerB64 && options.replace !== true)
      throw new KeyStoreError('identity_exists', `${aid} has another key`);
    await this.saveKeyPair(aid, pair);
    if (certPem !== null) await this.saveCert(aid, certPem);
    this.#pending.delete(handle);
  }
  async discardPending(handle: PendingHandle): Promise<void> {
    this.#pending.delete(handle);
  }
  async repairKeyPair(): Promise<boolean> {
    return false;
  }
  async savePendingBind(groupId: string, pair: KeyPairRecord): Promise<void> {
    this.#binds.set(groupId, pair);
  }
  async loadPendingBind(groupId: string): Promise<KeyPairRecord | null> {
    return this.#binds.get(groupId) ?? null;
  }
  async clearPendingBind(groupId: string): Promise<void> {
    this.#binds.delete(groupId);
  }

  async lockIdentity<T>(aid: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#locks.get(aid) ?? Promise.resolve()).then(work);
    this.#locks.set(
      aid,
      turn.catch(() => undefined),
    );
    return turn;
  }

  async loadInstanceState(aid: string, scope: InstanceScope): Promise<InstanceState> {
    return this.#states.get(scoped(aid, scope)) ?? {};
  }
  async updateInstanceState(
    aid: string,
    scope: InstanceScope,
    update: (state: InstanceState) => InstanceState,
  ): Promise<InstanceState> {
    const next = update(await this.loadInstanceState(aid, scope));
    this.#states.set(scoped(aid, scope), next);
    return next;
  }
  async updateInstanceStates(aid: string, update: (state: InstanceState) => InstanceState): Promise<void> {
    for (const [name, state] of this.#states)
      if (name.startsWith(key(aid, ''))) this.#states.set(name, update(state));
  }
  async loadMetadata(aid: string): Promise<IdentityMetadata> {
    return this.#metadata.get(aid) ?? {};
  }
  async saveMetadata(aid: string, changes: Parameters<KeyStore['saveMetadata']>[1]): Promise<void> {
    const merged = Object.entries({ ...this.#metadata.get(aid), ...changes });
    this.#metadata.set(
      aid,
      Object.fromEntries(merged.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    );
  }
  async loadSeq(aid: string, scope: InstanceScope, namespace: string): Promise<number> {
    return (await this.loadAllSeqs(aid, scope)).get(namespace) ?? 0;
  }
  async loadAllSeqs(aid: string, scope: InstanceScope): Promise<ReadonlyMap<string, number>> {
    return this.#seqs.get(scoped(aid, scope)) ?? new Map();
  }
  async saveSeqs(
    aid: string,
    scope: InstanceScope,
    seqs: ReadonlyMap<string, number>,
    options: { readonly reset?: boolean } = {},
  ): Promise<void> {
    const next = new Map(await this.loadAllSeqs(aid, scope));
    for (const [name, seq] of seqs)
      next.set(name, options.reset === true ? seq : Math.max(seq, next.get(name) ?? 0));
    this.#seqs.set(scoped(aid, scope), next);
  }
  async loadGroupState(aid: string, groupId: string): Promise<GroupStateRecord | null> {
    return this.#groups.get(key(aid, groupId)) ?? null;
  }
  async saveGroupState(aid: string, state: GroupStateRecord): Promise<void> {
    this.#groups.set(key(aid, state.groupId), state);
  }

  async savePrekey(aid: string, device: string, prekey: PrekeyRecord): Promise<void> {
    const shelf = key(aid, device, prekey.groupId);
    this.#prekeys.set(shelf, [prekey, ...(this.#prekeys.get(shelf) ?? [])]);
  }
  async currentPrekeyOrCreate(aid: string, device: string, candidate: PrekeyRecord): Promise<PrekeyRecord> {
    const current = await this.loadCurrentPrekey(aid, device, candidate.groupId);
    if (current === null) await this.savePrekey(aid, device, candidate);
    return current ?? candidate;
  }
  async loadPrekey(aid: string, device: string, group: string, id: string): Promise<PrekeyRecord | null> {
    return this.#prekeys.get(key(aid, device, group))?.find(({ spkId }) => spkId === id) ?? null;
  }
  async loadCurrentPrekey(aid: string, device: string, group: string): Promise<PrekeyRecord | null> {
    return this.#prekeys.get(key(aid, device, group))?.[0] ?? null;
  }
  async listPrekeys(aid: string, device: string, group: string): Promise<readonly PrekeyRecord[]> {
    return this.#prekeys.get(key(aid, device, group)) ?? [];
  }
  async deletePrekey(aid: string, device: string, group: string, id: string): Promise<void> {
    const shelf = key(aid, device, group);
    this.#prekeys.set(shelf, this.#prekeys.get(shelf)?.filter(({ spkId }) => spkId !== id) ?? []);
  }
  async markPrekeyUploaded(aid: string, device: string, group: string, id: string): Promise<void> {
    this.#uploaded.set(key(aid, device, group), id);
  }
  async loadLatestUploadedPrekeyId(aid: string, device: string, group: string): Promise<string | null> {
    return this.#uploaded.get(key(aid, device, group)) ?? null;
  }
  async loadIdentityKeyAlias(): Promise<Uint8Array | null> {
    return null;
  }
  async loadGroupIdentity(aid: string, device: string, group: string): Promise<KeyPairRecord | null> {
    return this.#groupIdentities.get(key(aid, device, group)) ?? null;
  }
  async saveGroupIdentity(aid: string, device: string, group: string, pair: KeyPairRecord): Promise<void> {
    this.#groupIdentities.set(key(aid, device, group), pair);
  }

  async saveTrustRoots(list: JsonObject, roots: readonly { readonly certPem: string }[]): Promise<void> {
    this.#trust = { list, bundle: roots.map(({ certPem }) => certPem) };
  }
  async saveIssuerRootCert(_issuer: string, certPem: string): Promise<void> {
    this.#trust.bundle.push(certPem);
  }
  async loadTrustList(): Promise<JsonObject | null> {
    return this.#trust.list;
  }
  async loadTrustBundle(): Promise<readonly string[]> {
    return [...this.#trust.bundle];
  }
  async loadAgentMd(aid: string): Promise<AgentMdEntry> {
    return this.#cards.get(aid) ?? { content: null, record: {} };
  }
  async saveAgentMd(aid: string, change: Parameters<KeyStore['saveAgentMd']>[1]): Promise<string> {
    const known = await this.loadAgentMd(aid);
    const given = Object.entries(change.record ?? {}).flatMap(([name, value]) =>
      value === undefined || value === null ? [] : [[name, value] as const],
    );
    const record = { ...known.record, ...Object.fromEntries(given) };
    this.#cards.set(aid, { content: change.content ?? known.content, record });
    return aid;
  }
  async loadGroupIndex(aid: string, groupAid: string): Promise<GroupIndexEntry | null> {
    return this.#indexes.get(key(aid, groupAid)) ?? null;
  }
  async saveGroupIndex(aid: string, groupAid: string, entry: GroupIndexEntry): Promise<void> {
    this.#indexes.set(key(aid, groupAid), entry);
  }
  async loadDnsEntry(hostname: string): Promise<{ readonly ip: string; readonly port: number } | null> {
    return this.#names.get(hostname) ?? null;
  }
  async saveDnsEntry(hostname: string, ip: string, port: number): Promise<void> {
    this.#names.set(hostname, { ip, port });
  }
  async enqueueOutbox(aid: string, entry: OutboxEntry): Promise<void> {
    this.#outbox = [...this.#outbox, { ...entry, aid }];
  }
  async listOutbox(aid: string): Promise<readonly OutboxEntry[]> {
    return this.#outbox.filter((entry) => entry.aid === aid);
  }
  async touchOutbox(aid: string, messageId: string): Promise<void> {
    this.#outbox = this.#outbox.map((entry) =>
      entry.aid === aid && entry.messageId === messageId ? { ...entry, attempts: entry.attempts + 1 } : entry,
    );
  }
  async removeOutbox(aid: string, messageId: string): Promise<void> {
    this.#outbox = this.#outbox.filter((entry) => entry.aid !== aid || entry.messageId !== messageId);
  }

  #found(handle: PendingHandle): Pending {
    const entry = this.#pending.get(handle);
    if (entry === undefined) throw new KeyStoreError('not_found', `nothing is pending as ${handle}`);
    return entry;
  }
}
