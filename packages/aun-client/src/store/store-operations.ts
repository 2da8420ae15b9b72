import type {
  CheckAgentMdResult,
  FetchAgentMdResult,
  HeadAgentMdResult,
  UploadAgentMdResult,
} from 'aun-agentmd';
import {
  type ErrorCode,
  ErrorCodes,
  issuerOf,
  type KeyStore,
  parseExactAid,
  type Result,
  resultErr,
  resultOk,
} from 'aun-core';
import { type AnyAid, aidParts } from '../aid.js';
import type { Environment } from '../environment.js';
import { openServices, type Services } from '../services.js';
import type { Credentials } from '../session/login.js';
import { alone } from './alone.js';
import { withDeadline } from './deadline.js';
import { diagnoseIdentity } from './diagnosis.js';
import { failureOf, KEYSTORE_ERROR } from './failures.js';
import type { LoadOptions } from './loader.js';
import { Registration } from './registration.js';
import { rekeyIdentity, renewCertificate } from './renewal.js';
import { CARD_TIMEOUT_MS, resolveAid } from './resolve.js';
import { StoreTrust } from './trust.js';
import type {
  DiagnoseResult,
  FetchAgentMdOpts,
  RekeyResult,
  RenewResult,
  ResolveOpts,
  ResolveResult,
} from './types.js';
import { uploadAgentMd } from './upload.js';

const WITHOUT_CERT: ReadonlySet<string> = new Set([ErrorCodes.CERT_NOT_FOUND, ErrorCodes.INVALID_AID_FORMAT]);

export type LoadIdentity = (aid: string, options?: LoadOptions) => Promise<Result<AnyAid>>;

/** The store's asynchronous work, the same on every platform; loading is the platform's part. */
export class StoreOperations {
  readonly #environment: Environment;
  readonly #keys: KeyStore;
  readonly #load: LoadIdentity;
  #services: Services | null = null;
  readonly trust: StoreTrust;

  constructor(environment: Environment, keys: KeyStore, load: LoadIdentity) {
    this.#environment = environment;
    this.#keys = keys;
    this.#load = load;
    this.trust = new StoreTrust({ environment, keys, locator: () => this.#open().locator });
    environment.contact.onFirst((issuer) => void this.trust.refreshQuietly(issuer));
  }

  async register(aid: string): Promise<Result<{ registered: true }>> {
    const name = parseExactAid(aid);
    if (!name.ok) return name;
    const { pki, preAuth, verifier, anchors, clock, logger } = this.#environment;
    const registration = new Registration({
      keys: this.#keys,
      locator: this.#open().locator,
      pki,
      preAuth,
      verifier,
      anchors,
      now: () => clock.now(),
      logger,
    });
    try {
      await this.#environment.prepare();
      await alone(this.#keys, name.data, () => registration.run(name.data));
      this.#environment.contact.note(issuerOf(name.data));
      return resultOk({ registered: true });
    } catch (error) {
      return failureOf(error, ErrorCodes.SERVER_ERROR);
    }
  }

  exists(aid: string): Promise<Result<{ exists: boolean }>> {
    return this.#named(aid, async (name) => {
      const ask = (url: string) => this.#environment.pki.exists(url, name);
      return resultOk({ exists: await this.#open().locator.tryEach(name, ask) });
    });
  }

  resolve(aid: string, options: ResolveOpts): Promise<Result<ResolveResult>> {
    const load = (name: string) => this.#load(name);
    const ports = { environment: this.#environment, services: this.#open(), load };
    return this.#named(aid, (name) => resolveAid(name, options, ports));
  }

  fetchAgentMd(aid: string, options: FetchAgentMdOpts): Promise<Result<FetchAgentMdResult>> {
    const { timeout = CARD_TIMEOUT_MS, requireVerified } = options;
    // Others may wait for the same card: it is this caller who gives up earlier.
    const download = { timeoutMs: Math.max(CARD_TIMEOUT_MS, timeout), requireVerified };
    return this.#named(aid, (name) => {
      const work = this.#open().cards.download(name, download);
      return withDeadline(this.#environment.clock, timeout, `the agent.md of ${name}`, work);
    });
  }

  checkAgentMd(aid: string, ttlDays = 1): Promise<Result<CheckAgentMdResult>> {
    return this.#named(aid, (name) => this.#open().cards.check(name, ttlDays));
  }

  headAgentMd(aid: string): Promise<Result<HeadAgentMdResult>> {
    return this.#named(aid, (name) => this.#open().cards.head(name));
  }

  uploadAgentMd(aid: string, content?: string): Promise<Result<UploadAgentMdResult>> {
    return this.#named(aid, async (name) => {
      const loaded = await this.#load(name);
      if (!loaded.ok) return loaded;
      const outcome = await uploadAgentMd(loaded.data, content, this.#environment, this.#keys);
      // The signed card is on disk now; what this store had in memory is older.
      this.#services?.cards.clearMemory();
      return outcome;
    });
  }

  async renewCert(aid: string): Promise<Result<RenewResult>> {
    return this.#withKey(aid, ErrorCodes.CERT_RENEWAL_FAILED, async (who) => {
      const certificate = await renewCertificate(who, this.#renewalPorts());
      return { renewed: true, ...(await this.#certFacts(who.aid, certificate)) };
    });
  }

  async rekey(aid: string): Promise<Result<RekeyResult>> {
    return this.#withKey(aid, ErrorCodes.REKEY_FAILED, async (who) => {
      const certificate = await rekeyIdentity(who, this.#renewalPorts());
      return { rekeyed: true, ...(await this.#certFacts(who.aid, certificate)) };
    });
  }

  async diagnose(aid: string): Promise<Result<DiagnoseResult>> {
    const loading = this.#load(aid).catch((error: unknown) => failureOf(error, ErrorCodes.CERT_PARSE_ERROR));
    const [local, remote] = await Promise.all([loading, this.exists(aid)]);
    const name = typeof aid === 'string' ? aid : '';
    return resultOk(
      diagnoseIdentity({
        aid: name,
        local,
        remote,
        hasCert: local.ok || !WITHOUT_CERT.has(local.error.code),
      }),
    );
  }

  async close(): Promise<void> {
    const services = this.#services;
    this.#services = null;
    await services?.cards.close();
  }

  async #named<T>(aid: string, work: (name: string) => Promise<Result<T>>): Promise<Result<T>> {
    const name = parseExactAid(aid);
    if (!name.ok) return name;
    try {
      await this.#environment.prepare();
      return await work(name.data);
    } catch (error) {
      return failureOf(error);
    }
  }

  /** Loads the identity with its key, an expired one too, and runs `work` alone for it. */
  async #withKey<T>(
    aid: string,
    code: ErrorCode,
    work: (who: Credentials) => Promise<T>,
  ): Promise<Result<T>> {
    const name = parseExactAid(aid);
    if (!name.ok) return name;
    try {
      // Loaded under the lock: a procedure that ran just before may have replaced the key.
      return await alone(this.#keys, name.data, async () => {
        const who = await this.#credentials(name.data);
        return who.ok ? resultOk(await work(who.data)) : who;
      });
    } catch (error) {
      return failureOf(error, code, code);
    }
  }

  async #credentials(aid: string): Promise<Result<Credentials>> {
    const loaded = await this.#load(aid, { allowExpired: true });
    if (!loaded.ok && loaded.error.code === KEYSTORE_ERROR) return loaded;
    if (!loaded.ok) return resultErr(ErrorCodes.PRIVATE_KEY_REQUIRED, loaded.error.message, loaded.error);
    const { certificate, privateKey } = aidParts(loaded.data);
    return privateKey === null
      ? resultErr(ErrorCodes.PRIVATE_KEY_REQUIRED, `the private key of ${aid} is not here`)
      : resultOk({ aid, certificate, privateKey });
  }

  async #certFacts(aid: string, certificate: { readonly notAfter: Date; readonly fingerprint: string }) {
    const { content } = await this.#keys.loadAgentMd(aid);
    const facts = {
      new_cert_not_after: new Date(certificate.notAfter),
      new_fingerprint: certificate.fingerprint,
    };
    return content === null ? facts : { ...facts, agent_md_resign: true };
  }

  #renewalPorts() {
    const { pki, preAuth } = this.#environment;
    const { locator, login } = this.#open();
    return { keys: this.#keys, locator, login, pki, preAuth };
  }

  #open(): Services {
    this.#services ??= openServices(this.#environment, this.#keys, null);
    return this.#services;
  }
}
