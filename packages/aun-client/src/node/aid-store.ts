import {
  type ChangeSeedOptions,
  ErrorCodes,
  type KeyStore,
  type Result,
  resultErr,
  resultOk,
  type SyncKeyStore,
} from 'aun-core';
import type { Environment } from '../environment.js';
import { checkSeeds } from '../store/arguments.js';
import {
  AnyAidStore,
  describeIdentity,
  judgeSeeds,
  listFailure,
  seedChanged,
  seedFailure,
} from '../store/base-store.js';
import { failureOf, KEYSTORE_ERROR } from '../store/failures.js';
import { judgeImport } from '../store/import-identity.js';
import { isSyncKeyStore } from '../store/key-store-ports.js';
import { loadIdentitySync } from '../store/loader.js';
import { type AIDStoreOptions, parseStoreOptions } from '../store/options.js';
import type { AIDInfo, GroupIdentityMaterial } from '../store/types.js';
import type { AID } from './aid.js';
import { nodeEnvironment } from './environment.js';

/**
 * Manages the identities of one keystore directory and finds those of others (07 §3). Fallible methods return a
 * `Result` and never throw, except for arguments of a wrong type. `load`, `list`, `changeSeed` and `importGroupIdentity` are synchronous; their `…Async`
 * forms return promises on every platform.
 *
 * @example
 * const store = new AIDStore({ aunPath: '~/.aun', encryptionSeed: '' });
 * const registered = await store.register('nora.example.test');
 * const loaded = store.load('nora.example.test');
 */
export class AIDStore extends AnyAidStore<AID> {
  readonly #environment: Environment;
  readonly #keys: KeyStore;

  /** @throws {ValidationError} naming the offending option */
  constructor(options: AIDStoreOptions) {
    const settings = parseStoreOptions(options, process.env.AUN_ENV ?? process.env.KITE_ENV);
    const opened = nodeEnvironment(settings, options.logger);
    super(opened);
    this.#environment = opened.environment;
    this.#keys = opened.keys;
  }

  /** The stored identity, judged without the network (07 §3.3); a peer has no private key. */
  load(aid: string): Result<{ aid: AID }> {
    const environment = this.#environment;
    return this.#now(
      (keys) => {
        const loaded = loadIdentitySync(aid, keys, environment);
        // The environment of this platform makes AIDs of this platform.
        return loaded.ok ? resultOk({ aid: loaded.data as AID }) : loaded;
      },
      (error) => failureOf(error, ErrorCodes.CERT_PARSE_ERROR),
    );
  }

  /** Local identities, sorted; entries that cannot be read are left out (07 §3.5). */
  list(): Result<{ identities: AIDInfo[] }> {
    return this.#now(
      (keys) => resultOk({ identities: keys.listIdentitiesSync().flatMap(describeIdentity) }),
      listFailure,
    );
  }

  /** Re-encrypts every protected key; other open stores on the path must be recreated (07 §3.11). */
  changeSeed(
    oldSeed: string,
    newSeed: string,
    options?: ChangeSeedOptions,
  ): Result<{ changed: boolean; count: number }> {
    checkSeeds(oldSeed, newSeed, options);
    return this.#now(
      (keys) =>
        judgeSeeds(oldSeed, newSeed, options) ?? seedChanged(keys.changeSeedSync(oldSeed, newSeed, options)),
      seedFailure,
    );
  }

  /** Stores the key and certificate of a group as an identity (07 §3.12). */
  importGroupIdentity(
    aid: string | GroupIdentityMaterial,
    material?: GroupIdentityMaterial,
  ): Result<{ imported: true; aid: string }> {
    const judged = judgeImport(aid, material, this.#environment.clock.now());
    if (!judged.ok) return judged;
    const { keyPair, certificate } = judged.data;
    return this.#now(
      (keys) => {
        keys.saveKeyPairSync(judged.data.aid, keyPair);
        keys.saveCertSync(judged.data.aid, certificate.pem, { active: true });
        const loaded = this.load(judged.data.aid);
        return loaded.ok ? resultOk({ imported: true, aid: judged.data.aid }) : loaded;
      },
      (error) => failureOf(error, ErrorCodes.KEYPAIR_MISMATCH),
    );
  }

  /** A key store that only gives promises has no answer on the spot. */
  #now<T>(
    work: (keys: KeyStore & SyncKeyStore) => Result<T>,
    onError: (error: unknown) => Result<never>,
  ): Result<T> {
    const keys = this.#keys;
    if (!isSyncKeyStore(keys))
      return resultErr(KEYSTORE_ERROR, 'this key store only gives promises: use the …Async form');
    try {
      return work(keys);
    } catch (error) {
      return onError(error);
    }
  }
}
