import type {
  CheckAgentMdResult,
  FetchAgentMdResult,
  HeadAgentMdResult,
  UploadAgentMdResult,
} from 'aun-agentmd';
import { type ChangeSeedOptions, ErrorCodes, type Result, resultErr, resultOk } from 'aun-core';
import type { FsKeyStore } from 'aun-keystore-fs';
import { parseCertificate } from 'aun-pki';
import type { AID } from '../aid.js';
import type { Environment } from '../environment.js';
import { rememberStore } from '../legacy/store-registry.js';
import { failureOf } from '../store/failures.js';
import { judgeImport } from '../store/import-identity.js';
import { loadIdentitySync } from '../store/loader.js';
import { type AIDStoreOptions, parseStoreOptions } from '../store/options.js';
import { StoreOperations } from '../store/store-operations.js';
import type { StoreTrust } from '../store/trust.js';
import type {
  AIDInfo,
  DiagnoseResult,
  FetchAgentMdOpts,
  GroupIdentityMaterial,
  RekeyResult,
  RenewResult,
  ResolveOpts,
  ResolveResult,
} from '../store/types.js';
import { nodeEnvironment } from './environment.js';

/**
 * Manages the identities of one keystore directory and finds those of others (07 §3). Fallible methods return a
 * `Result` and never throw. `load`, `list`, `changeSeed` and `importGroupIdentity` are synchronous; their `…Async`
 * forms return promises on every platform.
 *
 * @example
 * const store = new AIDStore({ aunPath: '~/.aun', encryptionSeed: '' });
 * const registered = await store.register('nora.example.test');
 * const loaded = store.load('nora.example.test');
 */
export class AIDStore {
  readonly aunPath: string;
  readonly slotId: string;
  readonly verifySsl: boolean;
  readonly rootCaPath: string | null;
  readonly debug: boolean;
  readonly #environment: Environment;
  readonly #keys: FsKeyStore;
  readonly #operations: StoreOperations;

  /** @throws {ValidationError} naming the offending option */
  constructor(options: AIDStoreOptions) {
    const settings = parseStoreOptions(options, process.env.AUN_ENV ?? process.env.KITE_ENV);
    const { environment, keys } = nodeEnvironment(settings, options.logger);
    this.#environment = environment;
    this.#keys = keys;
    this.#operations = new StoreOperations(environment, keys, async (aid, load) =>
      loadIdentitySync(aid, keys, environment, load),
    );
    rememberStore(environment, this);
    this.aunPath = environment.aunPath;
    this.slotId = environment.slotId;
    this.verifySsl = environment.verifySsl;
    this.rootCaPath = environment.rootCaPath;
    this.debug = environment.debug;
  }

  /** Content of `{aunPath}/.device_id`, created on first reading, unless one was given. */
  get deviceId(): string {
    return this.#environment.deviceId;
  }

  /** The stored identity, judged without the network (07 §3.3); a peer has no private key. */
  load(aid: string): Result<{ aid: AID }> {
    try {
      const loaded = loadIdentitySync(String(aid), this.#keys, this.#environment);
      return loaded.ok ? resultOk({ aid: loaded.data }) : loaded;
    } catch (error) {
      return failureOf(error, ErrorCodes.CERT_PARSE_ERROR);
    }
  }

  async loadAsync(aid: string): Promise<Result<{ aid: AID }>> {
    return this.load(aid);
  }

  /** Local identities, sorted; entries that cannot be read are left out (07 §3.5). */
  list(): Result<{ identities: AIDInfo[] }> {
    try {
      return resultOk({ identities: this.#keys.listIdentitiesSync().flatMap(describe) });
    } catch (error) {
      return resultErr(ErrorCodes.LIST_IDENTITIES_FAILED, 'the identities cannot be listed', error);
    }
  }

  async listAsync(): Promise<Result<{ identities: AIDInfo[] }>> {
    return this.list();
  }

  /** Creates an identity, or finishes creating it. Returns no AID: call `load` (07 §3.4). */
  register(aid: string): Promise<Result<{ registered: true }>> {
    return this.#operations.register(aid);
  }

  /** Is the AID registered at its issuer (07 §3.6)? */
  exists(aid: string): Promise<Result<{ exists: boolean }>> {
    return this.#operations.exists(aid);
  }

  /** Certificate and agent.md of anybody, verified (07 §3.7). */
  resolve(aid: string, options?: ResolveOpts): Promise<Result<ResolveResult>> {
    return this.#operations.resolve(aid, options);
  }

  /** Downloads and verifies an agent.md; a number is the timeout in milliseconds (07 §3.8). */
  fetchAgentMd(aid: string, options?: number | FetchAgentMdOpts): Promise<Result<FetchAgentMdResult>> {
    return this.#operations.fetchAgentMd(aid, options);
  }

  /** Same as {@link fetchAgentMd}. */
  downloadAgentMd(aid: string, options?: number | FetchAgentMdOpts): Promise<Result<FetchAgentMdResult>> {
    return this.#operations.fetchAgentMd(aid, options);
  }

  /** Is the stored card the published one? `ttlDays` 0 forces a look at the server. */
  checkAgentMd(aid: string, ttlDays?: number): Promise<Result<CheckAgentMdResult>> {
    return this.#operations.checkAgentMd(aid, ttlDays);
  }

  headAgentMd(aid: string): Promise<Result<HeadAgentMdResult>> {
    return this.#operations.headAgentMd(aid);
  }

  /** Signs and publishes the card of a local identity; without `content` the stored one (07 §3.9). */
  uploadAgentMd(aid: string, content?: string): Promise<Result<UploadAgentMdResult>> {
    return this.#operations.uploadAgentMd(aid, content);
  }

  /** A new certificate for the same key; load the identity again afterwards (07 §3.10). */
  renewCert(aid: string): Promise<Result<RenewResult>> {
    return this.#operations.renewCert(aid);
  }

  /** A new key and certificate; load the identity again afterwards (07 §3.10). */
  rekey(aid: string): Promise<Result<RekeyResult>> {
    return this.#operations.rekey(aid);
  }

  /** Trust lists and issuer roots (07 §3.13). */
  get trust(): StoreTrust {
    return this.#operations.trust;
  }

  /** What state an identity is in, here and at its issuer; never fails (07 §3.12). */
  diagnose(aid: string): Promise<Result<DiagnoseResult>> {
    return this.#operations.diagnose(aid);
  }

  /** Re-encrypts every protected key; other open stores on the path must be recreated (07 §3.11). */
  changeSeed(
    oldSeed: string,
    newSeed: string,
    options?: ChangeSeedOptions,
  ): Result<{ changed: boolean; count: number }> {
    if (oldSeed === newSeed) return resultOk({ changed: false, count: 0 });
    if (newSeed === '' && options?.allowEmpty !== true) {
      return resultErr(ErrorCodes.PRIVATE_KEY_PARSE_ERROR, 'an empty new seed needs allowEmpty: true');
    }
    try {
      return resultOk({ changed: true, count: this.#keys.changeSeedSync(oldSeed, newSeed, options) });
    } catch (error) {
      return failureOf(error, ErrorCodes.PRIVATE_KEY_PARSE_ERROR);
    }
  }

  async changeSeedAsync(
    oldSeed: string,
    newSeed: string,
    options?: ChangeSeedOptions,
  ): Promise<Result<{ changed: boolean; count: number }>> {
    return this.changeSeed(oldSeed, newSeed, options);
  }

  /** Stores the key and certificate of a group as an identity (07 §3.12). */
  importGroupIdentity(
    aid: string | GroupIdentityMaterial,
    material?: GroupIdentityMaterial,
  ): Result<{ imported: true; aid: string }> {
    const judged = judgeImport(aid, material, this.#environment.clock.now());
    if (!judged.ok) return judged;
    const { keyPair, certificate } = judged.data;
    try {
      this.#keys.saveKeyPairSync(judged.data.aid, keyPair);
      this.#keys.saveCertSync(judged.data.aid, certificate.pem, { active: true });
    } catch (error) {
      return failureOf(error, ErrorCodes.KEYPAIR_MISMATCH);
    }
    const loaded = this.load(judged.data.aid);
    return loaded.ok ? resultOk({ imported: true, aid: judged.data.aid }) : loaded;
  }

  async importGroupIdentityAsync(
    aid: string | GroupIdentityMaterial,
    material?: GroupIdentityMaterial,
  ): Promise<Result<{ imported: true; aid: string }>> {
    return this.importGroupIdentity(aid, material);
  }

  /** Releases database handles and idle connections; later calls open them again. */
  close(): void {
    void this.#operations.close();
    this.#environment.http.close();
    this.#keys.closeSync();
  }
}

const describe = ({ aid, certPem }: { readonly aid: string; readonly certPem: string }): AIDInfo[] => {
  const parsed = parseCertificate(certPem);
  if (!parsed.ok) return [];
  const { notAfter, issuerCommonName, fingerprint } = parsed.data;
  return [{ aid, certNotAfter: notAfter, certIssuer: issuerCommonName, certFingerprint: fingerprint }];
};
