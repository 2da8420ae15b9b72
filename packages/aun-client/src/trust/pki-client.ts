import { type Clock, type JsonValue, NetworkError, tryParseJson } from 'aun-core';
import { type Certificate, parseCertificate, parseCertificateBundle } from 'aun-pki';
import { gatewayHttpUrl, type HttpClient, peerCertUrl, responseText } from 'aun-transport';
import { TimedCache } from './timed-cache.js';

const CHAIN_TTL_MS = 60 * 60 * 1_000;
const REVOCATION_TTL_MS = 5 * 60 * 1_000;
const TIMEOUT_MS = 5_000;

/** The PKI endpoints of a gateway (01 §4). */
export class PkiClient {
  readonly #http: HttpClient;
  readonly #chains: TimedCache<readonly Certificate[]>;
  readonly #foreignChains: TimedCache<readonly Certificate[] | null>;
  readonly #status: TimedCache<JsonValue | undefined>;

  constructor(http: HttpClient, clock: Clock) {
    this.#http = http;
    this.#chains = new TimedCache(clock, CHAIN_TTL_MS, 100);
    this.#foreignChains = new TimedCache(clock, CHAIN_TTL_MS, 100);
    this.#status = new TimedCache(clock, REVOCATION_TTL_MS);
  }

  /** `HEAD /pki/cert/{aid}`: is the AID registered? @throws {NetworkError} for anything but 200 and 404 */
  async exists(gatewayUrl: string, aid: string, timeoutMs = TIMEOUT_MS): Promise<boolean> {
    const url = peerCertUrl(gatewayUrl, aid);
    const { status } = await this.#http.request({ method: 'HEAD', url, timeoutMs });
    if (status === 200) return true;
    if (status === 404) return false;
    throw unexpected(url, status);
  }

  /** A certificate by AID or fingerprint; null when the gateway does not know it. Nothing is verified. */
  async certificate(
    gatewayUrl: string,
    aid: string,
    fingerprint = '',
    timeoutMs = TIMEOUT_MS,
  ): Promise<Certificate | null> {
    const url = peerCertUrl(gatewayUrl, aid, fingerprint);
    const response = await this.#http.request({ url, timeoutMs });
    if (response.status === 404) return null;
    if (response.status !== 200) throw unexpected(url, response.status);
    const parsed = parseCertificate(responseText(response));
    if (!parsed.ok) throw new NetworkError(`${url} answered with no certificate: ${parsed.error.message}`);
    return parsed.data;
  }

  /** `[issuer CA, …, root]`, cached for an hour. */
  chain(gatewayUrl: string): Promise<readonly Certificate[]> {
    const url = gatewayHttpUrl(gatewayUrl, '/pki/chain');
    return this.#chains.get(url, async () => {
      const response = await this.#http.request({ url, timeoutMs: TIMEOUT_MS });
      if (response.status !== 200) throw unexpected(url, response.status);
      const bundle = parseCertificateBundle(responseText(response));
      if (!bundle.ok) throw new NetworkError(`${url}: ${bundle.error.message}`);
      return bundle.data;
    });
  }

  /**
   * The issuers of an agent of another domain as its own gateway passes them on, issuer CA first, root last; null when it
   * knows none (01 §14). Cached for an hour.
   */
  chainOf(gatewayUrl: string, aid: string): Promise<readonly Certificate[] | null> {
    const url = gatewayHttpUrl(gatewayUrl, `/pki/chain/${encodeURIComponent(aid)}`);
    return this.#foreignChains.get(url, async () => {
      const response = await this.#http.request({ url, timeoutMs: TIMEOUT_MS });
      if (response.status === 404) return null;
      const bundle = parseCertificateBundle(responseText(response));
      if (response.status !== 200 || !bundle.ok) throw unexpected(url, response.status);
      return bundle.data.slice(1);
    });
  }

  /** The chain may have been replaced on the server: ask again next time. */
  forgetChain(gatewayUrl: string): void {
    this.#chains.delete(gatewayHttpUrl(gatewayUrl, '/pki/chain'));
  }

  /** CRL document, undefined when it cannot be had; cached for five minutes either way. */
  crl(gatewayUrl: string): Promise<JsonValue | undefined> {
    return this.#statusDocument(gatewayHttpUrl(gatewayUrl, '/pki/crl.json'));
  }

  /** OCSP document of a serial number, undefined when it cannot be had. */
  ocsp(gatewayUrl: string, serialHex: string): Promise<JsonValue | undefined> {
    return this.#statusDocument(gatewayHttpUrl(gatewayUrl, `/pki/ocsp/${serialHex}`));
  }

  /** What could not be had is asked for again next time. */
  forgetStatus(gatewayUrl: string, serialHex: string): void {
    this.#status.delete(gatewayHttpUrl(gatewayUrl, '/pki/crl.json'));
    this.#status.delete(gatewayHttpUrl(gatewayUrl, `/pki/ocsp/${serialHex}`));
  }

  #statusDocument(url: string): Promise<JsonValue | undefined> {
    return this.#status.get(url, async () => {
      try {
        const response = await this.#http.request({ url, timeoutMs: TIMEOUT_MS });
        return response.status === 200 ? tryParseJson(responseText(response)) : undefined;
      } catch {
        // Revocation status is best effort: only a positive "revoked" counts (01 §4.5).
        return undefined;
      }
    });
  }
}

const unexpected = (url: string, status: number): NetworkError =>
  new NetworkError(`${url} answered with HTTP ${status}`, { data: { status } });
