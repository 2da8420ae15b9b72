import {
  ErrorCodes,
  isJsonObject,
  type JsonObject,
  type KeyStore,
  type Result,
  resultErr,
  resultOk,
  tryParseJson,
} from 'aun-core';
import {
  type Certificate,
  parseCertificate,
  rootFileName,
  type VerifiedTrustList,
  verifyIssuerRoot,
  verifyTrustList,
} from 'aun-pki';
import { gatewayHttpUrl, responseText } from 'aun-transport';
import type { Environment } from '../environment.js';
import type { GatewayLocator } from '../session/gateway-locator.js';

/** Where a list comes from and who vouches for it (01 §5). */
export type TrustOptions = {
  /** PEM certificate of the authority; default: the pinned `CA/authority/authority.crt`. */
  authorityPem?: string;
  /** Accepts a list without signature, from a source that is trusted otherwise. */
  allowUnsigned?: boolean;
};

export type TrustRefreshOptions = TrustOptions & {
  /** Exactly this address. */
  url?: string;
  /** Asks the issuer and its gateway after the authority. */
  issuer?: string;
};

export type TrustListFacts = { version: number; count: number; signed: boolean };

const AUTHORITY_URL = 'https://trust.aun.network/.well-known/aun/trust-roots.json';
const TIMEOUT_MS = 10_000;

export type TrustPorts = {
  readonly environment: Environment;
  readonly keys: Pick<KeyStore, 'loadTrustList' | 'saveTrustRoots' | 'saveIssuerRootCert'>;
  readonly locator: () => GatewayLocator;
};

const invalid = (message: string, cause?: unknown) =>
  resultErr(ErrorCodes.TRUST_ROOTS_INVALID, message, cause);

/** `store.trust`: lists of trusted roots, signed by a pinned authority, and the roots of issuers (07 §3.13, 01 §5). */
export class StoreTrust {
  readonly #ports: TrustPorts;

  constructor(ports: TrustPorts) {
    this.#ports = ports;
  }

  /** Checks a list without keeping it. Text is judged exactly as received. */
  async verify(list: string | JsonObject, options: TrustOptions = {}): Promise<Result<TrustListFacts>> {
    const verified = await this.#judge(list, options);
    return verified.ok ? resultOk(facts(verified.data)) : verified;
  }

  /** Checks a list and trusts its active roots from now on. */
  async import(list: string | JsonObject, options: TrustOptions = {}): Promise<Result<TrustListFacts>> {
    const verified = await this.#judge(list, options);
    if (!verified.ok) return verified;
    const document = typeof list === 'string' ? tryParseJson(list) : list;
    if (!isJsonObject(document)) return invalid('the trust list is not a JSON object');
    const roots = verified.data.roots.map(({ id, certificate }) => ({
      name: rootFileName(id).replace(/\.crt$/, ''),
      certPem: certificate.pem,
    }));
    await this.#ports.keys.saveTrustRoots(document, roots);
    await this.#ports.environment.anchors.refresh();
    return resultOk(facts(verified.data));
  }

  /** Fetches the current list: authority, then issuer, then the issuer's gateway; the first that verifies counts. */
  async refresh(options: TrustRefreshOptions = {}): Promise<Result<{ updated: boolean; count: number }>> {
    const known = (await this.#ports.keys.loadTrustList())?.version;
    const failures: string[] = [];
    for (const url of await this.#sources(options)) {
      try {
        const imported = await this.import(await this.#download(url), options);
        if (imported.ok) {
          return resultOk({ updated: imported.data.version !== known, count: imported.data.count });
        }
        failures.push(`${url}: ${imported.error.message}`);
      } catch (error) {
        failures.push(`${url}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return invalid(`no trust list could be imported: ${failures.join('; ')}`);
  }

  /** The refresh after the first contact with a gateway; without a pinned authority there is nothing to judge by. */
  async refreshQuietly(issuer: string): Promise<void> {
    const { environment } = this.#ports;
    try {
      if (environment.authorityPem() === null) return;
      const outcome = await this.refresh({ issuer });
      if (!outcome.ok)
        environment.logger.debug('trust roots not refreshed', { reason: outcome.error.message });
    } catch (error) {
      environment.logger.debug('trust roots not refreshed', { error });
    }
  }

  /** Fetches the root of an issuer; it must be on the list that was imported before. */
  async updateIssuer(issuer: string): Promise<Result<{ updated: true; fingerprint: string }>> {
    const stored = await this.#ports.keys.loadTrustList();
    if (stored === null) return invalid('import a trust list first: the root of an issuer must be on it');
    const list = verifyTrustList(stored, { allowUnsigned: true, now: this.#now() });
    if (!list.ok) return invalid(list.error.message);
    try {
      const pem = await this.#download(`https://pki.${issuer}${this.#port()}/root.crt`);
      const root = verifyIssuerRoot(pem, list.data, { now: this.#now() });
      if (!root.ok) return invalid(root.error.message);
      await this.#ports.keys.saveIssuerRootCert(issuer, root.data.pem);
      await this.#ports.environment.anchors.refresh();
      return resultOk({ updated: true, fingerprint: root.data.fingerprint });
    } catch (error) {
      return resultErr(
        ErrorCodes.NETWORK_ERROR,
        error instanceof Error ? error.message : String(error),
        error,
      );
    }
  }

  async #judge(list: string | JsonObject, options: TrustOptions): Promise<Result<VerifiedTrustList>> {
    const pem = options.authorityPem ?? this.#ports.environment.authorityPem();
    const authority = pem === null ? null : parseAuthority(pem);
    if (authority !== null && !authority.ok) return authority;
    const version = (await this.#ports.keys.loadTrustList())?.version;
    const verified = verifyTrustList(list, {
      now: this.#now(),
      allowUnsigned: options.allowUnsigned === true,
      ...(authority === null ? {} : { authority: authority.data }),
      ...(typeof version === 'number' ? { minVersion: version } : {}),
    });
    return verified.ok ? verified : invalid(verified.error.message, verified.error);
  }

  async #sources({ url, issuer }: TrustRefreshOptions): Promise<string[]> {
    if (url !== undefined) return [url];
    if (issuer === undefined) return [AUTHORITY_URL];
    const sources = [AUTHORITY_URL, `https://pki.${issuer}${this.#port()}/trust-root.json`];
    try {
      const gatewayUrl = await this.#ports.locator().first(`trust.${issuer}`);
      return [...sources, gatewayHttpUrl(gatewayUrl, '/pki/trust-roots.json')];
    } catch {
      // The mirror is only one more place to ask.
      return sources;
    }
  }

  async #download(url: string): Promise<string> {
    const response = await this.#ports.environment.http.request({ url, timeoutMs: TIMEOUT_MS });
    if (response.status === 200) return responseText(response);
    throw new Error(`HTTP ${response.status}`);
  }

  #port(): string {
    const port = this.#ports.environment.discoveryPort;
    return port === null ? '' : `:${port}`;
  }

  #now(): number {
    return this.#ports.environment.clock.now();
  }
}

const parseAuthority = (pem: string): Result<Certificate> => {
  const parsed = parseCertificate(pem);
  return parsed.ok ? parsed : invalid(`the authority certificate cannot be read: ${parsed.error.message}`);
};

const facts = ({ version, roots, signed }: VerifiedTrustList): TrustListFacts => ({
  version,
  count: roots.length,
  signed,
});
