import { AuthError, CertificateRevokedError, type Clock, issuerOf, type JsonObject } from 'aun-core';
import { base64Encode, type PrivateKey, randomBytes } from 'aun-crypto';
import { type Certificate, login2ProofText, parseCertificate, signProof, verifyProof } from 'aun-pki';
import type { CertificateVerifier } from '../trust/certificate-verifier.js';
import type { PreAuth } from './pre-auth.js';

/** Who logs in. */
export type Credentials = {
  readonly aid: string;
  readonly certificate: Certificate;
  readonly privateKey: PrivateKey;
};

/** An open login: the server proved itself and waits for one signature (01 §9.1). */
export type LoginChallenge = { readonly requestId: string; readonly nonce: string };

const CLIENT_NONCE_BYTES = 12;

const text = (result: JsonObject, field: string): string => {
  const value = result[field];
  if (typeof value === 'string' && value !== '') return value;
  throw new AuthError(`aid_login1 answered without ${field}`);
};

/** Two-phase login; also the first phase of renewal and rekey (01 §9, §12). */
export class Login {
  readonly #preAuth: PreAuth;
  readonly #verifier: CertificateVerifier;
  readonly #clock: Clock;

  constructor(preAuth: PreAuth, verifier: CertificateVerifier, clock: Clock) {
    this.#preAuth = preAuth;
    this.#verifier = verifier;
    this.#clock = clock;
  }

  /**
   * Phase 1, with the server's proof checked.
   * @throws {AuthError} when the server cannot prove that it is the auth service of a trusted root
   */
  async begin(who: Credentials, gatewayUrl: string): Promise<LoginChallenge> {
    const clientNonce = base64Encode(randomBytes(CLIENT_NONCE_BYTES));
    const answer = await this.#preAuth(gatewayUrl, 'auth.aid_login1', {
      aid: who.aid,
      cert: who.certificate.pem,
      client_nonce: clientNonce,
    });
    const challenge = { requestId: text(answer, 'request_id'), nonce: text(answer, 'nonce') };
    await this.#checkServer(answer, clientNonce, who.aid, gatewayUrl);
    return challenge;
  }

  /** Both phases; the result carries the tokens (01 §9.2). */
  async run(who: Credentials, gatewayUrl: string): Promise<JsonObject> {
    const { requestId, nonce } = await this.begin(who, gatewayUrl);
    const clientTime = String(Math.floor(this.#clock.now() / 1_000));
    return this.#preAuth(gatewayUrl, 'auth.aid_login2', {
      aid: who.aid,
      request_id: requestId,
      nonce,
      client_time: clientTime,
      signature: signProof(login2ProofText(nonce, clientTime), who.privateKey),
    });
  }

  async #checkServer(
    answer: JsonObject,
    clientNonce: string,
    aid: string,
    gatewayUrl: string,
  ): Promise<void> {
    const parsed = parseCertificate(text(answer, 'auth_cert'));
    if (!parsed.ok) throw new AuthError(`aid_login1 server certificate: ${parsed.error.message}`);
    const verdict = await this.#verifier.auth(parsed.data, issuerOf(aid), gatewayUrl);
    if (!verdict.ok) {
      const message = `aid_login1 server certificate verification failed: ${verdict.error.message}`;
      throw verdict.error.code === 'certificate_revoked'
        ? new CertificateRevokedError(message)
        : new AuthError(message);
    }
    if (!verifyProof(clientNonce, text(answer, 'client_nonce_signature'), parsed.data.publicKey)) {
      throw new AuthError('aid_login1 server auth signature verification failed');
    }
  }
}
