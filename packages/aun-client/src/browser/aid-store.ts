import type { ChangeSeedOptions, Result } from 'aun-core';
import { AnyAidStore } from '../store/base-store.js';
import { type AIDStoreOptions, parseStoreOptions } from '../store/options.js';
import type { AIDInfo, GroupIdentityMaterial } from '../store/types.js';
import type { AID } from './aid.js';
import { browserEnvironment } from './environment.js';

/**
 * Manages the identities of this origin in IndexedDB and finds those of others (07 §3, §12). Every fallible method
 * gives a promise of a `Result` and never rejects, except for arguments of a wrong type.
 *
 * @example
 * const store = new AIDStore({ aunPath: 'my-app', encryptionSeed: '' });
 * const registered = await store.register('nora.example.test');
 * const loaded = await store.load('nora.example.test');
 */
export class AIDStore extends AnyAidStore<AID> {
  /** @throws {ValidationError} naming the offending option */
  constructor(options: AIDStoreOptions) {
    super(browserEnvironment(parseStoreOptions(options, undefined), options.logger));
  }

  /** The stored identity, judged without the network (07 §3.3); a peer has no private key. */
  load(aid: string): Promise<Result<{ aid: AID }>> {
    return this.loadAsync(aid);
  }

  /** Local identities, sorted; entries that cannot be read are left out (07 §3.5). */
  list(): Promise<Result<{ identities: AIDInfo[] }>> {
    return this.listAsync();
  }

  /** Re-encrypts every protected key; other open stores of this origin must be recreated (07 §3.11). */
  changeSeed(
    oldSeed: string,
    newSeed: string,
    options?: ChangeSeedOptions,
  ): Promise<Result<{ changed: boolean; count: number }>> {
    return this.changeSeedAsync(oldSeed, newSeed, options);
  }

  /** Stores the key and certificate of a group as an identity (07 §3.12). */
  importGroupIdentity(
    aid: string | GroupIdentityMaterial,
    material?: GroupIdentityMaterial,
  ): Promise<Result<{ imported: true; aid: string }>> {
    return this.importGroupIdentityAsync(aid, material);
  }
}
