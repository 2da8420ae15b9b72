import type {
  CheckAgentMdResult,
  FetchAgentMdResult,
  HeadAgentMdResult,
  UploadAgentMdResult,
} from 'aun-agentmd';
import {
  type ChangeSeedOptions,
  ErrorCodes,
  type IdentitySummary,
  type KeyStore,
  type Result,
  resultErr,
  resultOk,
} from 'aun-core';
import { parseCertificate } from 'aun-pki';
import type { AnyAid } from '../aid.js';
import type { Environment } from '../environment.js';
import { type LegacyStore, rememberStore } from '../legacy/store-registry.js';
import {
  checkCardText,
  checkFetchOptions,
  checkResolveOptions,
  checkSeeds,
  checkTtlDays,
} from './arguments.js';
import { failureOf } from './failures.js';
import { judgeImport } from './import-identity.js';
import { loadIdentity } from './loader.js';
import { StoreOperations } from './store-operations.js';
import type { StoreTrust } from './trust.js';
import type {
  AIDInfo,
  DiagnoseResult,
  FetchAgentMdOpts,
  GroupIdentityMaterial,
  RekeyResult,
  RenewResult,
  ResolveOpts,
  ResolveResult,
} from './types.js';

/** What a platform's store is opened with. */
export type OpenedStore = {
  readonly environment: Environment;
  readonly keys: KeyStore;
  /** Releases the key store if it is ours. */
  readonly closeKeys: () => void;
};

/**
 * What `AIDStore` is on every platform: everything that gives promises (07 §3). Fallible methods return a `Result` and
 * never reject, except for arguments of a wrong type.
 */
export abstract class AnyAidStore<A extends AnyAid> implements LegacyStore<A> {
  readonly aunPath: string;
  readonly slotId: string;
  /** Browsers always verify. */
  readonly verifySsl: boolean;
  readonly rootCaPath: string | null;
  readonly debug: boolean;
  readonly #opened: OpenedStore;
  readonly #operations: StoreOperations;

  protected constructor(opened: OpenedStore) {
    const { environment, keys } = opened;
    this.#opened = opened;
    this.#operations = new StoreOperations(environment, keys, (aid, load) =>
      loadIdentity(aid, keys, environment, load),
    );
    rememberStore(environment, this);
    this.aunPath = environment.aunPath;
    this.slotId = environment.slotId;
    this.verifySsl = environment.verifySsl;
    this.rootCaPath = environment.rootCaPath;
    this.debug = environment.debug;
  }

  /**
   * Id of this device, unless one was given: in Node `{aunPath}/.device_id`, created on first reading; elsewhere known
   * once a method of this store has answered, and empty before.
   */
  get deviceId(): string {
    return this.#opened.environment.deviceId;
  }

  /** The stored identity, judged without the network (07 §3.3); a peer has no private key. */
  async loadAsync(aid: string): Promise<Result<{ aid: A }>> {
    const { environment, keys } = this.#opened;
    try {
      const loaded = await loadIdentity(aid, keys, environment);
      // What an environment makes is of the class of its platform.
      return loaded.ok ? resultOk({ aid: loaded.data as A }) : loaded;
    } catch (error) {
      return failureOf(error, ErrorCodes.CERT_PARSE_ERROR);
    }
  }

  /** Local identities, sorted; entries that cannot be read are left out (07 §3.5). */
  async listAsync(): Promise<Result<{ identities: AIDInfo[] }>> {
    try {
      return resultOk({ identities: (await this.#opened.keys.listIdentities()).flatMap(describeIdentity) });
    } catch (error) {
      return listFailure(error);
    }
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
  async resolve(aid: string, options?: ResolveOpts): Promise<Result<ResolveResult<A>>> {
    return (await this.#operations.resolve(aid, checkResolveOptions(options))) as Result<ResolveResult<A>>;
  }

  /** Downloads and verifies an agent.md; a number is the timeout in milliseconds (07 §3.8). */
  async fetchAgentMd(aid: string, options?: number | FetchAgentMdOpts): Promise<Result<FetchAgentMdResult>> {
    return this.#operations.fetchAgentMd(aid, checkFetchOptions(options));
  }

  /** Same as {@link fetchAgentMd}. */
  downloadAgentMd(aid: string, options?: number | FetchAgentMdOpts): Promise<Result<FetchAgentMdResult>> {
    return this.fetchAgentMd(aid, options);
  }

  /** Is the stored card the published one? `ttlDays` 0 forces a look at the server. */
  async checkAgentMd(aid: string, ttlDays?: number): Promise<Result<CheckAgentMdResult>> {
    return this.#operations.checkAgentMd(aid, checkTtlDays(ttlDays));
  }

  headAgentMd(aid: string): Promise<Result<HeadAgentMdResult>> {
    return this.#operations.headAgentMd(aid);
  }

  /** Signs and publishes the card of a local identity; without `content` the stored one (07 §3.9). */
  async uploadAgentMd(aid: string, content?: string): Promise<Result<UploadAgentMdResult>> {
    return this.#operations.uploadAgentMd(aid, checkCardText(content));
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

  /** Re-encrypts every protected key; other open stores of the same keys must be recreated (07 §3.11). */
  async changeSeedAsync(
    oldSeed: string,
    newSeed: string,
    options?: ChangeSeedOptions,
  ): Promise<Result<{ changed: boolean; count: number }>> {
    checkSeeds(oldSeed, newSeed, options);
    return (
      judgeSeeds(oldSeed, newSeed, options) ??
      this.#opened.keys.changeSeed(oldSeed, newSeed, options).then(seedChanged, seedFailure)
    );
  }

  /** Stores the key and certificate of a group as an identity (07 §3.12). */
  async importGroupIdentityAsync(
    aid: string | GroupIdentityMaterial,
    material?: GroupIdentityMaterial,
  ): Promise<Result<{ imported: true; aid: string }>> {
    const { environment, keys } = this.#opened;
    const judged = judgeImport(aid, material, environment.clock.now());
    if (!judged.ok) return judged;
    const { keyPair, certificate } = judged.data;
    try {
      await keys.saveKeyPair(judged.data.aid, keyPair);
      await keys.saveCert(judged.data.aid, certificate.pem, { active: true });
    } catch (error) {
      return failureOf(error, ErrorCodes.KEYPAIR_MISMATCH);
    }
    const loaded = await this.loadAsync(judged.data.aid);
    return loaded.ok ? resultOk({ imported: true, aid: judged.data.aid }) : loaded;
  }

  /** Releases database handles and idle connections; later calls open them again. */
  close(): void {
    void this.#operations.close();
    this.#opened.environment.http.close();
    this.#opened.closeKeys();
  }
}

/** Key stores return the same summary while the certificate is the same, so each is parsed once. */
const described = new WeakMap<IdentitySummary, AIDInfo | null>();

/** Entries whose certificate cannot be read are left out. */
export const describeIdentity = (summary: IdentitySummary): AIDInfo[] => {
  let info = described.get(summary);
  if (info === undefined) {
    info = readCertificate(summary);
    described.set(summary, info);
  }
  return info === null ? [] : [{ ...info, certNotAfter: new Date(info.certNotAfter) }];
};

const readCertificate = ({ aid, certPem }: IdentitySummary): AIDInfo | null => {
  const parsed = parseCertificate(certPem);
  if (!parsed.ok) return null;
  const { notAfter, issuerCommonName, fingerprint } = parsed.data;
  return { aid, certNotAfter: notAfter, certIssuer: issuerCommonName, certFingerprint: fingerprint };
};

export const listFailure = (error: unknown) =>
  resultErr(ErrorCodes.LIST_IDENTITIES_FAILED, 'the identities cannot be listed', error);

/** The answer when there is nothing to do or the new seed may not be used; null when the work can begin. */
export const judgeSeeds = (
  oldSeed: string,
  newSeed: string,
  options?: ChangeSeedOptions,
): Result<{ changed: boolean; count: number }> | null => {
  if (oldSeed === newSeed) return resultOk({ changed: false, count: 0 });
  return newSeed === '' && options?.allowEmpty !== true
    ? resultErr(ErrorCodes.PRIVATE_KEY_PARSE_ERROR, 'an empty new seed needs allowEmpty: true')
    : null;
};

export const seedChanged = (count: number): Result<{ changed: boolean; count: number }> =>
  resultOk({ changed: true, count });

export const seedFailure = (error: unknown) => failureOf(error, ErrorCodes.PRIVATE_KEY_PARSE_ERROR);
