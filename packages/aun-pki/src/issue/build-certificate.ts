import type { PrivateKey, PublicKey } from 'aun-crypto';
import { bytesEqual, toBuffer } from '../asn1/bytes.js';
import type { Certificate } from '../certificate/certificate.js';
import { parseCertificate } from '../certificate/parse-certificate.js';
import { IssueError } from './issue-error.js';
import { signingAlgorithm, signingKey } from './signing-key.js';
import { type Extension, Name, X509Certificate, X509CertificateGenerator } from './x509.js';

export interface CertificateOrder {
  readonly serialHex: string;
  /** Subject attributes; the CN becomes the first RDN, as UTF8String (01 §3.3). */
  readonly subject: SubjectName;
  /** `undefined` for a self-signed root. */
  readonly issuer: Certificate | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: PublicKey;
  readonly signer: PrivateKey;
  readonly extensions: readonly Extension[];
}

export interface SubjectName {
  readonly commonName: string;
  readonly organization?: string | undefined;
}

/** Builds, signs and reads back; refuses to hand out a certificate whose issuer name or key bytes differ. */
export async function buildCertificate(order: CertificateOrder): Promise<Certificate> {
  const subject = subjectName(order.subject);
  const issued = await X509CertificateGenerator.create(
    {
      serialNumber: order.serialHex,
      subject,
      issuer: order.issuer === undefined ? subject : nameOf(order.issuer),
      notBefore: order.notBefore,
      notAfter: order.notAfter,
      publicKey: toBuffer(order.publicKey.spki),
      signingKey: await signingKey(order.signer),
      signingAlgorithm: signingAlgorithm(order.signer),
      extensions: [...order.extensions],
    },
    crypto,
  );
  const parsed = parseCertificate(new Uint8Array(issued.rawData));
  if (!parsed.ok) throw new IssueError('issued_badly', parsed.error.message, { cause: parsed.error });
  assertAsOrdered(parsed.data, order);
  return parsed.data;
}

const issuerNames = new WeakMap<Certificate, Name>();

/** The name as an object: through its text form it would lose the string types (01 appendix). Decoded once per CA. */
function nameOf(certificate: Certificate): Name {
  const known = issuerNames.get(certificate);
  if (known !== undefined) return known;
  const name = new X509Certificate(toBuffer(certificate.der)).subjectName;
  issuerNames.set(certificate, name);
  return name;
}

function subjectName(name: SubjectName): Name {
  const attributes = [{ CN: [{ utf8String: name.commonName }] }];
  return new Name(
    name.organization === undefined
      ? attributes
      : [...attributes, { O: [{ utf8String: name.organization }] }],
  );
}

function assertAsOrdered(certificate: Certificate, order: CertificateOrder): void {
  const issuerDer = order.issuer?.subjectDer ?? certificate.subjectDer;
  if (!bytesEqual(certificate.issuerDer, issuerDer)) {
    throw new IssueError('issued_badly', 'the issuer name cannot be copied byte for byte');
  }
  if (!bytesEqual(certificate.spkiDer, order.publicKey.spki)) {
    throw new IssueError('issued_badly', 'the public key cannot be copied byte for byte');
  }
  if (
    certificate.serialHex !== order.serialHex ||
    certificate.subjectCommonName !== order.subject.commonName
  ) {
    throw new IssueError('issued_badly', 'serial or subject were not encoded as ordered');
  }
}
