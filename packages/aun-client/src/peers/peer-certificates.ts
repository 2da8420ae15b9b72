import {
  CertificateRevokedError,
  type Clock,
  ConnectionError,
  E2EEError,
  issuerOf,
  type JsonValue,
  type KeyStore,
  KeyStoreError,
  type Logger,
  NotFoundError,
  TimeoutError,
  ValidationError,
} from 'aun-core';
import {
  type Certificate,
  certificateMatchesFingerprint,
  parseCertificate,
  readBootstrapMaterial,
} from 'aun-pki';
import { peerGatewayUrl } from 'aun-transport';
import type { GatewayLocator } from '../session/gateway-locator.js';
import { withDeadline } from '../store/deadline.js';
import { type CertificateVerifier, CHAIN_TROUBLE } from '../trust/certificate-verifier.js';
import type { PkiClient } from '../trust/pki-client.js';
import { TimedCache } from '../trust/timed-cache.js';

type Verdict = Awaited<ReturnType<CertificateVerifier['peer']>>;

const TTL_MS = 60 * 60 * 1_000;
const FETCH_TIMEOUT_MS = 30_000;

export type CertificateWish = {
  readonly aid: string;
  /** Full or 16-digit, of the certificate or its key; absent: the active certificate. */
  readonly fingerprint?: string;
  /** Asks the network even if a verified certificate is cached. */
  readonly fresh?: boolean;
  /** For this caller; others who wait for the same answer have their own. Default 30,000 per request. */
  readonly timeoutMs?: number;
};

export type PeerCertificatePorts = {
  readonly own: Certificate | null;
  readonly ownAid: string | null;
  readonly keys: Pick<KeyStore, 'loadCert' | 'saveCert'>;
  readonly locator: GatewayLocator;
  readonly pki: PkiClient;
  readonly verifier: CertificateVerifier;
  readonly clock: Clock;
  readonly logger: Logger;
};

/** Verified certificates of others: memory, keystore, bootstrap material, PKI of the peer's gateway (01 §14). */
export class PeerCertificates {
  readonly #ports: PeerCertificatePorts;
  readonly #cache: TimedCache<Certificate>;

  constructor(ports: PeerCertificatePorts) {
    this.#ports = ports;
    this.#cache = new TimedCache(ports.clock, TTL_MS);
  }

  /**
   * The verified certificate of an AID.
   * @throws {NotFoundError} when the peer's gateway does not know it
   * @throws {CertificateRevokedError}, {ValidationError} when it does not verify; {ConnectionError}, {TimeoutError}
   */
  get(wish: CertificateWish): Promise<Certificate> {
    const { own, ownAid } = this.#ports;
    const fingerprint = wish.fingerprint ?? '';
    if (
      own !== null &&
      wish.aid === ownAid &&
      (fingerprint === '' || certificateMatchesFingerprint(own, fingerprint))
    ) {
      return Promise.resolve(own);
    }
    const key = cacheKey(wish.aid, fingerprint);
    if (wish.fresh === true) this.forget(wish.aid);
    const flight = this.#cache.get(key, () => this.#find(wish.aid, fingerprint, wish));
    if (wish.timeoutMs === undefined) return flight;
    return withDeadline(this.#ports.clock, wish.timeoutMs, `the certificate of ${wish.aid}`, flight);
  }

  /** Takes certificates that came with a bootstrap answer; what does not verify is ignored (01 §14). */
  async offer(certs: JsonValue | undefined, aid: string): Promise<void> {
    const material = readBootstrapMaterial(certs, aid);
    const certificate = material?.certificate;
    if (certificate === undefined || aid === this.#ports.ownAid) return;
    await this.#cache
      .get(cacheKey(aid, ''), async () => {
        const verified = await this.#verify(certificate, aid, '');
        this.#cacheByKey(aid, verified);
        return verified;
      })
      .catch((error: unknown) => this.#ports.logger.debug('bootstrap certificate ignored', { aid, error }));
  }

  forget(aid: string): void {
    this.#cache.deleteWhere((key) => key === aid || key.startsWith(`${aid}#`));
  }

  clear(): void {
    this.#cache.clear();
  }

  async #find(aid: string, fingerprint: string, wish: CertificateWish): Promise<Certificate> {
    const stored = wish.fresh === true ? null : await this.#stored(aid, fingerprint);
    if (stored !== null) {
      try {
        return await this.#verify(stored, aid, fingerprint);
      } catch (error) {
        // A stored certificate may be out of date; the PKI has the last word.
        this.#ports.logger.debug('stored peer certificate refused', { aid, error });
      }
    }
    return this.#fetch(aid, fingerprint, Math.max(FETCH_TIMEOUT_MS, wish.timeoutMs ?? 0));
  }

  async #stored(aid: string, fingerprint: string): Promise<Certificate | null> {
    const { keys } = this.#ports;
    const byVersion = fingerprint.length > 64 ? await keys.loadCert(aid, fingerprint) : null;
    const pem = byVersion ?? (await keys.loadCert(aid));
    const parsed = pem === null ? null : parseCertificate(pem);
    if (parsed === null || !parsed.ok) return null;
    return fingerprint === '' || certificateMatchesFingerprint(parsed.data, fingerprint) ? parsed.data : null;
  }

  async #fetch(aid: string, fingerprint: string, timeoutMs: number): Promise<Certificate> {
    const ask = (gatewayUrl: string) => this.#ports.pki.certificate(gatewayUrl, aid, fingerprint, timeoutMs);
    const certificate = await this.#atPeerGateway(aid, ask).catch((error: unknown) =>
      this.#atOwnGateway(aid, error, ask),
    );
    if (certificate === null) {
      throw new NotFoundError(
        `no certificate of ${aid} is known${fingerprint === '' ? '' : ` under ${fingerprint}`}`,
      );
    }
    const verified = await this.#verify(certificate, aid, fingerprint);
    await this.#save(aid, verified.pem, fingerprint === '');
    this.#cacheByKey(aid, verified);
    return verified;
  }

  /** A local identity with another key, or with a newer certificate, keeps its own (07 §3.7, 08 §8.3). */
  async #save(aid: string, pem: string, active: boolean): Promise<void> {
    const { keys, logger } = this.#ports;
    try {
      await keys.saveCert(aid, pem, { active });
    } catch (error) {
      if (!active || !(error instanceof KeyStoreError) || error.code !== 'certificate_conflict') throw error;
      logger.warn('the certificate of the PKI does not become that of the local identity', { aid, error });
      await keys.saveCert(aid, pem, { active: false });
    }
  }

  async #verify(certificate: Certificate, aid: string, fingerprint: string): Promise<Certificate> {
    const verdict = await this.#judge(certificate, aid, fingerprint === '' ? undefined : fingerprint);
    if (verdict.ok) return certificate;
    const message = `peer cert verification failed for ${aid}: ${verdict.error.message}`;
    if (verdict.error.code === 'certificate_revoked') throw new CertificateRevokedError(message);
    throw new ValidationError(message, { data: { field: 'cert', reason: verdict.error.code } });
  }

  /** By what the peer's gateway says; where that one is out of reach, by the chain that our own passes on (01 §14). */
  async #judge(certificate: Certificate, aid: string, fingerprint: string | undefined): Promise<Verdict> {
    const { verifier } = this.#ports;
    const passedOn = async (problem: unknown): Promise<Verdict | null> =>
      this.#atOwnGateway(aid, problem, (own) => verifier.passedOn(certificate, aid, own, fingerprint));
    let verdict: Verdict;
    try {
      verdict = await this.#atPeerGateway(aid, (url) => verifier.peer(certificate, aid, url, fingerprint));
    } catch (error) {
      const other = await passedOn(error);
      if (other === null) throw error;
      return other;
    }
    // Another domain's gateway was taken for the peer's: its chain says nothing about the peer.
    if (verdict.ok || !CHAIN_TROUBLE.has(verdict.error.code) || !this.#isForeign(aid)) return verdict;
    return (await passedOn(undefined)) ?? verdict;
  }

  #isForeign(aid: string): boolean {
    const { ownAid } = this.#ports;
    return ownAid !== null && issuerOf(ownAid) !== issuerOf(aid);
  }

  /** Asks our own gateway about an agent of another domain, after `problem` with the peer's. */
  async #atOwnGateway<T>(aid: string, problem: unknown, ask: (gatewayUrl: string) => Promise<T>): Promise<T> {
    const { locator, ownAid } = this.#ports;
    const outOfReach =
      problem === undefined || problem instanceof ConnectionError || problem instanceof TimeoutError;
    if (ownAid === null || !outOfReach || !this.#isForeign(aid)) throw problem;
    return locator.tryEach(ownAid, ask);
  }

  /** Own issuer: own gateway. Foreign issuer: its discovered gateway, else the one guessed from our own (01 §14). */
  async #atPeerGateway<T>(aid: string, ask: (gatewayUrl: string) => Promise<T>): Promise<T> {
    const { locator, ownAid } = this.#ports;
    if (ownAid === null || issuerOf(ownAid) === issuerOf(aid)) return locator.tryEach(ownAid ?? aid, ask);
    try {
      return await locator.tryEach(aid, ask);
    } catch (error) {
      const own = await locator.first(ownAid);
      this.#ports.logger.debug('peer gateway not reached, asking the guessed one', { aid, error });
      return ask(peerGatewayUrl(own, aid));
    }
  }

  /** The key fingerprint is the form in which envelopes name their sender (01 §2.3). */
  #cacheByKey(aid: string, certificate: Certificate): void {
    const short = certificate.spkiFingerprint.slice(0, 'sha256:'.length + 16);
    void this.#cache.get(cacheKey(aid, short), () => Promise.resolve(certificate));
  }
}

const cacheKey = (aid: string, fingerprint: string): string =>
  fingerprint === '' ? aid : `${aid}#${fingerprint.trim().toLowerCase()}`;

/** Turns "the certificate is not there (yet)" into one E2EE error for senders. */
export const asPeerError = (aid: string, error: unknown): E2EEError =>
  error instanceof E2EEError
    ? error
    : new E2EEError(`the certificate of ${aid} cannot be verified`, { cause: error });
