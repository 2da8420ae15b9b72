import {
  ErrorCodes,
  type KeyPairRecord,
  type KeyStore,
  KeyStoreError,
  type Logger,
  type PendingHandle,
} from 'aun-core';
import { base64Encode, PrivateKey } from 'aun-crypto';
import { type Certificate, checkSubject, checkValidity, parseCertificate } from 'aun-pki';
import type { GatewayLocator } from '../session/gateway-locator.js';
import type { PreAuth } from '../session/pre-auth.js';
import type { CertificateVerifier } from '../trust/certificate-verifier.js';
import type { PkiClient } from '../trust/pki-client.js';
import type { TrustAnchors } from '../trust/trust-anchors.js';
import { StoreFailure } from './failures.js';

export type RegistrationPorts = {
  readonly keys: KeyStore;
  readonly locator: GatewayLocator;
  readonly pki: Pick<PkiClient, 'certificate'>;
  readonly preAuth: PreAuth;
  readonly verifier: Pick<CertificateVerifier, 'peer'>;
  readonly anchors: Pick<TrustAnchors, 'roots'>;
  readonly now: () => number;
  readonly logger: Logger;
};

const conflict = (aid: string): StoreFailure =>
  new StoreFailure(ErrorCodes.IDENTITY_CONFLICT, `${aid} is already registered with another key`);

/**
 * Registers an AID, or finishes a registration that was interrupted anywhere (07 §3.4, 08 §5.2). A key is on disk
 * before the server hears of it, so that a lost answer never loses an identity.
 */
export class Registration {
  readonly #ports: RegistrationPorts;

  constructor(ports: RegistrationPorts) {
    this.#ports = ports;
  }

  /** @throws {StoreFailure} `IDENTITY_CONFLICT` and others; {AUNError} from the network */
  async run(aid: string): Promise<void> {
    const stored = await this.#ports.keys.loadKeyPair(aid);
    if (stored !== null) return this.#finishStored(aid, stored);
    if (await this.#finishPending(aid)) return;
    await this.#registerNew(aid);
  }

  /** A key is there: certificate missing locally, on the server, on both, or nowhere. */
  async #finishStored(aid: string, pair: KeyPairRecord): Promise<void> {
    const registered = await this.#registered(aid);
    if (registered !== null && !holds(registered, pair)) return this.#finishRekey(aid, registered);
    const certificate = registered ?? (await this.#create(aid, pair));
    await this.#ports.keys.saveCert(aid, certificate.pem, { active: true });
  }

  /** The server has another key than the stored one: it is ours only if a rekey parked it here (01 §12.2). */
  async #finishRekey(aid: string, registered: Certificate): Promise<void> {
    const { keys } = this.#ports;
    const handle = await pendingFor(aid, registered, keys);
    if (handle === null) throw conflict(aid);
    await keys.savePendingCert(handle, registered.pem);
    await keys.promotePending(handle, { replace: true });
  }

  async #finishPending(aid: string): Promise<boolean> {
    const { keys } = this.#ports;
    for (const handle of await keys.listPending(aid)) {
      const pair = await keys.loadPendingKeyPair(handle);
      if (pair === null) {
        await keys.discardPending(handle);
        continue;
      }
      const registered = await this.#registered(aid);
      if (registered !== null && !holds(registered, pair)) {
        await keys.discardPending(handle);
        throw conflict(aid);
      }
      const certificate = registered ?? (await this.#create(aid, pair));
      await this.#promote(aid, handle, certificate);
      return true;
    }
    return false;
  }

  async #registerNew(aid: string): Promise<void> {
    if ((await this.#registered(aid)) !== null) throw conflict(aid);
    const pair = newKeyPair();
    const handle = await this.#ports.keys.createPending(aid, pair);
    const certificate = await this.#create(aid, pair);
    await this.#promote(aid, handle, certificate);
  }

  async #promote(aid: string, handle: string, certificate: Certificate): Promise<void> {
    const { keys } = this.#ports;
    await keys.savePendingCert(handle, certificate.pem);
    try {
      await keys.promotePending(handle);
    } catch (error) {
      if (error instanceof KeyStoreError && error.code === 'identity_exists') throw conflict(aid);
      throw error;
    }
  }

  #registered(aid: string): Promise<Certificate | null> {
    return this.#ports.locator.tryEach(aid, (url) => this.#ports.pki.certificate(url, aid));
  }

  async #create(aid: string, pair: KeyPairRecord): Promise<Certificate> {
    return this.#ports.locator.tryEach(aid, async (url) => {
      const answer = await this.#ports.preAuth(url, 'auth.create_aid', {
        aid,
        public_key: pair.publicKeyDerB64,
        curve: pair.curve,
      });
      return this.#check(aid, pair, answer.cert, url);
    });
  }

  /** What the server issued must be ours: CN, key, dates, and the chain when roots are configured (01 §21). */
  async #check(aid: string, pair: KeyPairRecord, pem: unknown, gatewayUrl: string): Promise<Certificate> {
    const fail = (reason: string, cause?: unknown): never => {
      throw new StoreFailure(
        ErrorCodes.SERVER_ERROR,
        `the certificate issued for ${aid} is unusable: ${reason}`,
        cause,
      );
    };
    if (typeof pem !== 'string') return fail('the answer has none');
    const parsed = parseCertificate(pem);
    if (!parsed.ok) return fail(parsed.error.message);
    if (!holds(parsed.data, pair)) return fail('it carries another public key');
    const named = checkSubject(parsed.data, aid);
    if (!named.ok) return fail(named.error.message);
    const valid = checkValidity(parsed.data, { now: this.#ports.now() });
    if (!valid.ok) return fail(valid.error.message);
    if (this.#ports.anchors.roots.size > 0) {
      const verdict = await this.#ports.verifier.peer(parsed.data, aid, gatewayUrl);
      if (!verdict.ok) return fail(verdict.error.message);
    } else {
      this.#ports.logger.warn('no trust roots configured: the issued certificate chain was not verified', {
        aid,
      });
    }
    return parsed.data;
  }
}

/** The parked key that a certificate is for; null when there is none. */
export const pendingFor = async (
  aid: string,
  certificate: Certificate,
  keys: Pick<KeyStore, 'listPending' | 'loadPendingKeyPair'>,
): Promise<PendingHandle | null> => {
  for (const handle of await keys.listPending(aid)) {
    const pair = await keys.loadPendingKeyPair(handle);
    if (pair !== null && holds(certificate, pair)) return handle;
  }
  return null;
};

/** A fresh P-256 key pair in the form the keystore takes. */
export const newKeyPair = (): KeyPairRecord => keyPairRecord(PrivateKey.generate());

export const keyPairRecord = (key: PrivateKey): KeyPairRecord => ({
  privateKeyPem: key.toPem(),
  publicKeyDerB64: base64Encode(key.publicKey.spki),
  curve: 'P-256',
});

export const holds = (certificate: Certificate, pair: Pick<KeyPairRecord, 'publicKeyDerB64'>): boolean =>
  base64Encode(certificate.spkiDer) === pair.publicKeyDerB64;
