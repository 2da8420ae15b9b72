import type { PublicKey } from 'aun-crypto';
import { hexEncode, pemEncode, sha256 } from 'aun-crypto';
import type { CertificateExtensions, KeyUsageName } from './extensions.js';

/** What the parser found; see {@link Certificate} for the meaning. */
export interface CertificateParts {
  readonly der: Uint8Array;
  readonly tbsDer: Uint8Array;
  readonly signature: Uint8Array;
  readonly serialHex: string;
  readonly subjectDer: Uint8Array;
  readonly issuerDer: Uint8Array;
  readonly subjectCommonName: string;
  readonly commonName: string;
  readonly issuerCommonName: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: PublicKey;
  readonly spkiDer: Uint8Array;
  readonly extensions: CertificateExtensions;
}

/**
 * A parsed X.509 certificate with an EC key on P-256 or P-384 (01 §3). Immutable; the byte arrays must not be
 * written to. Make one with `parseCertificate`.
 *
 * @example
 * const parsed = parseCertificate(pem);
 * if (parsed.ok) console.log(parsed.data.subjectCommonName, parsed.data.fingerprint);
 */
export class Certificate {
  readonly der: Uint8Array;
  /** The signed part, byte for byte. */
  readonly tbsDer: Uint8Array;
  /** ECDSA signature, DER. */
  readonly signature: Uint8Array;
  /** Lower-case hex of even length without leading zero bytes. */
  readonly serialHex: string;
  readonly subjectDer: Uint8Array;
  readonly issuerDer: Uint8Array;
  /** CN of the subject if it is the first attribute, else `''` (01 §3.3). */
  readonly subjectCommonName: string;
  /** CN of the subject at any position, else `''`. */
  readonly commonName: string;
  /** CN of the issuer at any position, else `''`. */
  readonly issuerCommonName: string;
  readonly publicKey: PublicKey;
  /** SubjectPublicKeyInfo exactly as encoded in the certificate. */
  readonly spkiDer: Uint8Array;
  /** `sha256:` and 64 hex digits over the DER (01 §2.3). */
  readonly fingerprint: string;
  /** `sha256:` and 64 hex digits over the SPKI (01 §2.3). */
  readonly spkiFingerprint: string;
  readonly isCa: boolean;
  readonly pathLength: number | undefined;
  /** `undefined` when the extension is absent. */
  readonly keyUsage: readonly KeyUsageName[] | undefined;
  /** Lower-case hex. */
  readonly subjectKeyId: string | undefined;
  /** Lower-case hex. */
  readonly authorityKeyId: string | undefined;
  readonly authoritySerialHex: string | undefined;
  readonly dnsNames: readonly string[];
  /** Literal addresses of the SAN, canonical. */
  readonly ipAddresses: readonly string[];
  /** Critical extensions that nothing here understands; such a certificate never verifies. */
  readonly unknownCritical: readonly string[];
  readonly #notBefore: number;
  readonly #notAfter: number;
  #pem: string | undefined;

  /** Use `parseCertificate`; the constructor believes its argument. */
  constructor(parts: CertificateParts) {
    this.der = parts.der;
    this.tbsDer = parts.tbsDer;
    this.signature = parts.signature;
    this.serialHex = parts.serialHex;
    this.subjectDer = parts.subjectDer;
    this.issuerDer = parts.issuerDer;
    this.subjectCommonName = parts.subjectCommonName;
    this.commonName = parts.commonName;
    this.issuerCommonName = parts.issuerCommonName;
    this.publicKey = parts.publicKey;
    this.spkiDer = parts.spkiDer;
    this.fingerprint = `sha256:${hexEncode(sha256(parts.der))}`;
    this.spkiFingerprint = `sha256:${hexEncode(sha256(parts.spkiDer))}`;
    this.isCa = parts.extensions.isCa;
    this.pathLength = parts.extensions.pathLength;
    this.keyUsage = parts.extensions.keyUsage;
    this.subjectKeyId = parts.extensions.subjectKeyId;
    this.authorityKeyId = parts.extensions.authorityKeyId;
    this.authoritySerialHex = parts.extensions.authoritySerialHex;
    this.dnsNames = parts.extensions.dnsNames;
    this.ipAddresses = parts.extensions.ipAddresses;
    this.unknownCritical = parts.extensions.unknownCritical;
    this.#notBefore = parts.notBefore.getTime();
    this.#notAfter = parts.notAfter.getTime();
    Object.freeze(this);
  }

  get notBefore(): Date {
    return new Date(this.#notBefore);
  }

  get notAfter(): Date {
    return new Date(this.#notAfter);
  }

  /** PEM with 64 columns and a final newline. */
  get pem(): string {
    this.#pem ??= pemEncode('CERTIFICATE', this.der);
    return this.#pem;
  }

  /** True when subject and issuer are the same bytes. */
  get selfIssued(): boolean {
    return (
      this.subjectDer.length === this.issuerDer.length &&
      this.subjectDer.every((byte, index) => byte === this.issuerDer[index])
    );
  }

  equals(other: Certificate): boolean {
    return this.fingerprint === other.fingerprint;
  }

  toString(): string {
    return this.pem;
  }

  toJSON(): string {
    return this.pem;
  }
}
