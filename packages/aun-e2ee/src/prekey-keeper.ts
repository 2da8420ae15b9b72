import { normalizeGroupId, type PrekeyRecord } from 'aun-core';
import type { PrivateKey } from 'aun-crypto';
import type { RecipientRow } from './envelope.js';
import { KeyHandles } from './key-handles.js';
import { splitCompositeSpkId } from './legacy.js';
import { createSignedPrekey, type PrekeyRegistration, prekeyRegistration } from './prekey.js';
import { findPrekey } from './prekey-lookup.js';
import { OldPrekeyTracker, prekeysToDestroy } from './retention.js';
import { type RotationAction, type RotationState, rotationAfterOpen } from './rotation.js';
import type { SessionOptions } from './session-options.js';

/**
 * How eager a registration is: `once` = unless this process already uploaded one, `unmarked` = unless the store says
 * that one was ever uploaded (group prekeys), `republish` = the current one again (every connect), `rotate` = a new one.
 */
export type RegistrationMode = 'once' | 'unmarked' | 'republish' | 'rotate';

/** The own prekeys of one device: making, finding, rotating and destroying them (03 §3.4, §8.2, §10). */
export class PrekeyKeeper {
  readonly #options: SessionOptions;
  readonly #tracker = new OldPrekeyTracker();
  readonly #handles: KeyHandles;
  /** Last uploaded id by group, from this process or from a marker; `""` = the store knows none. */
  readonly #uploaded = new Map<string, string>();
  /** Groups for which this process itself made an upload. */
  readonly #sent = new Set<string>();
  readonly #published = new Set<string>();
  /** The current P2P prekey when it was last looked at; another process may have made a newer one since. */
  #currentId: string | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#handles = new KeyHandles([options.identityKey, ...(options.previousIdentityKeys ?? [])]);
  }

  /** The upload to make now, or null when `mode` finds nothing to do. The key is stored before this returns. */
  async registration(group: string, mode: RegistrationMode): Promise<PrekeyRegistration | null> {
    const groupId = normalizeGroupId(group);
    const { aid, deviceId, store } = this.#options;
    if (mode === 'once' && this.#sent.has(groupId)) return null;
    if (mode === 'unmarked' && (await this.#restored(groupId)) !== '') return null;
    const current = await store.loadCurrentPrekey(aid, deviceId, groupId);
    if (mode === 'rotate') return this.#create(groupId, current);
    if (current !== null) return prekeyRegistration(this.#options, current, this.#signing());
    const made = createSignedPrekey(this.#options, { groupId, ...this.#signing() });
    const kept = await store.currentPrekeyOrCreate(aid, deviceId, made.record);
    return kept.spkId === made.record.spkId
      ? made.registration
      : prekeyRegistration(this.#options, kept, this.#signing());
  }

  async #create(groupId: string, current: PrekeyRecord | null): Promise<PrekeyRegistration> {
    const { aid, deviceId, store } = this.#options;
    const made = createSignedPrekey(this.#options, { groupId, ...this.#signing() });
    // The newest is the current one: two in one millisecond must still have an order.
    const createdAt = Math.max(made.record.createdAt, (current?.createdAt ?? 0) + 1);
    await store.savePrekey(aid, deviceId, { ...made.record, createdAt });
    this.#currentId = null;
    return made.registration;
  }

  #signing() {
    const { clock, random, deterministic } = this.#options;
    return { now: clock.now(), random, deterministic };
  }

  /** To be called after the server accepted a registration. */
  async markUploaded({ groupId, spkId }: PrekeyRegistration): Promise<void> {
    const { aid, deviceId, store } = this.#options;
    this.#uploaded.set(groupId, spkId);
    this.#sent.add(groupId);
    await store.markPrekeyUploaded(aid, deviceId, groupId, spkId);
  }

  /** Id of the last uploaded prekey of a group (`""`: P2P) according to this process or the markers. */
  async #restored(groupId: string): Promise<string> {
    const known = this.#uploaded.get(groupId);
    if (known !== undefined) return known;
    const { aid, deviceId, store } = this.#options;
    const marked = await store.loadLatestUploadedPrekeyId(aid, deviceId, groupId);
    this.#uploaded.set(groupId, marked ?? '');
    return marked ?? '';
  }

  /**
   * Runs `work` with the private key that a row names, null = `spk_missing`. The key lives until `work` is done, even
   * if the prekey is destroyed or the session closed meanwhile.
   */
  use<T>(rowSpkId: string, groupId: string, work: (prekey: PrivateKey | null) => Promise<T>): Promise<T> {
    const id = `${normalizeGroupId(groupId)}\0${splitCompositeSpkId(rowSpkId).spkId}`;
    const find = () => findPrekey(this.#options, rowSpkId, groupId === '' ? null : groupId);
    return this.#handles.use(id, find, work);
  }

  /** Remembers that a pulled P2P row named an old prekey (03 §10, "Track"). */
  async track(spkId: string, seq: number): Promise<void> {
    if (spkId === '' || spkId === this.#currentId) return;
    const { aid, deviceId, store, clock } = this.#options;
    const current = await store.loadCurrentPrekey(aid, deviceId, '');
    this.#currentId = current?.spkId ?? null;
    if (spkId !== this.#currentId) this.#tracker.track(spkId, seq, clock.now());
  }

  /** Destroys consumed P2P prekeys after an acknowledgement; gives their ids (03 §10, "Destroy"). */
  async acked(cursor: number): Promise<string[]> {
    const { aid, deviceId, store, clock } = this.#options;
    const stored = await store.listPrekeys(aid, deviceId, '');
    this.#currentId = stored[0]?.spkId ?? null;
    const { references } = this.#tracker;
    const doomed = prekeysToDestroy({ stored, references, cursor, now: clock.now() });
    for (const spkId of doomed) {
      await store.deletePrekey(aid, deviceId, '', spkId);
      this.#tracker.forget(spkId);
      this.#handles.forget((id) => id.endsWith(`\0${spkId}`));
    }
    return doomed;
  }

  /** What opening a row calls for (03 §10); asks for a first group prekey once per group and process. */
  async rotation(row: RecipientRow, group: string): Promise<RotationAction | null> {
    const groupId = normalizeGroupId(group);
    await this.#restored(groupId);
    const state: RotationState = {
      uploadedPeer: this.#uploaded.get('') ?? '',
      uploadedGroup: (id) => this.#uploaded.get(id) ?? '',
      published: this.#published,
    };
    const action = rotationAfterOpen(row, groupId, state);
    if (action?.kind === 'publish_group') this.#published.add(action.groupId);
    return action;
  }

  /** Lets go of all key handles. */
  close(): void {
    this.#handles.forget(() => true);
  }
}
