import type { KeyObject } from 'node:crypto';
import type { Clock } from 'aun-core';
import type { PublicKey } from 'aun-crypto';
import { type Certificate, verifyLink } from 'aun-pki';
import { issueCertificate } from 'aun-pki/issue';
import { type AuthSigner, type AuthSigners, toVerificationKey } from './auth-signers.js';
import type { Hierarchy } from './hierarchy.js';

export interface IssuerAuthorityOptions {
  readonly issuer: string;
  readonly hierarchy: Hierarchy;
  readonly signers: AuthSigners;
  readonly clock: Clock;
  readonly agentValidityDays: number;
}

/** The certificate authority of one issuer: its chain, its auth identity, and the issuing of agent certificates. */
export class IssuerAuthority {
  readonly issuer: string;
  readonly hierarchy: Hierarchy;
  /** `[issuer CA, registry, root]`, as `/pki/chain` serves it (01 §4.1). */
  readonly chain: readonly Certificate[];
  readonly #options: IssuerAuthorityOptions;
  readonly #authKeys = new Map<string, KeyObject>();
  readonly #certificates = new Map<string, Certificate>();
  #auth: AuthSigner;

  constructor(options: IssuerAuthorityOptions) {
    this.#options = options;
    this.issuer = options.issuer;
    this.hierarchy = options.hierarchy;
    const { issuer, registry, root } = options.hierarchy;
    this.chain = [issuer.certificate, registry, root];
    this.#auth = options.signers.current;
    for (const cert of this.chain) this.#certificates.set(cert.serialHex, cert);
    for (const cert of options.signers.certificates) this.#addAuthCertificate(cert);
  }

  #addAuthCertificate(cert: Certificate): void {
    this.#certificates.set(cert.serialHex, cert);
    this.#authKeys.set(cert.serialHex, toVerificationKey(cert));
  }

  /** Who signs tokens and login proofs now. */
  get auth(): AuthSigner {
    return this.#auth;
  }

  /** Takes a new auth identity into use; the old keys still verify tokens. */
  useAuth(signer: AuthSigner): void {
    this.#addAuthCertificate(signer.cert);
    this.#auth = signer;
  }

  get root(): Certificate {
    return this.hierarchy.root;
  }

  get issuerPem(): string {
    return this.hierarchy.issuer.certificate.pem;
  }

  get chainPem(): string {
    return this.chain.map((cert) => cert.pem).join('');
  }

  /** Public key of an auth certificate, current or earlier, by serial (01 §11.1 `kid`). */
  authKey(serial: string): KeyObject | undefined {
    return this.#authKeys.get(serial);
  }

  /** A CA or auth certificate of this issuer by serial. */
  certificate(serial: string): Certificate | undefined {
    return this.#certificates.get(serial);
  }

  /** Was this certificate signed by our Issuer CA? */
  issued(cert: Certificate): boolean {
    return verifyLink(cert, this.hierarchy.issuer.certificate).ok;
  }

  /** A certificate for an agent or a group (01 §3.3). */
  issueAgent(aid: string, publicKey: PublicKey, profile: 'agent' | 'group' = 'agent'): Promise<Certificate> {
    return issueCertificate(this.hierarchy.issuer, {
      profile,
      commonName: aid,
      publicKey,
      validityDays: this.#options.agentValidityDays,
      clock: this.#options.clock,
    });
  }
}
