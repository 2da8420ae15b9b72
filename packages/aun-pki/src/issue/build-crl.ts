import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AuthorityKeyIdentifier,
  CertificateList,
  CRLNumber,
  CRLReason,
  type CRLReasons,
  Extension,
  id_ce_authorityKeyIdentifier,
  id_ce_cRLNumber,
  id_ce_cRLReasons,
  KeyIdentifier,
  RevokedCertificate,
  TBSCertList,
  Time,
  Version,
  Certificate as X509Certificate,
} from '@peculiar/asn1-x509';
import { systemClock } from 'aun-core';
import { hexDecode, pemEncode, signDer } from 'aun-crypto';
import { toBuffer } from '../asn1/bytes.js';
import { normalizeSerial } from '../certificate/serial.js';
import { assertAuthority, type CertificateAuthority, type IssueEnvironment } from './authority.js';
import { IssueError } from './issue-error.js';
import { signatureAlgorithmOf } from './signature-algorithm.js';

/** RFC 5280 reason codes an operator may give. */
export type RevocationReason =
  | 'unspecified'
  | 'keyCompromise'
  | 'cACompromise'
  | 'affiliationChanged'
  | 'superseded'
  | 'cessationOfOperation'
  | 'privilegeWithdrawn';

export interface RevokedEntry {
  /** Hex, any spelling. */
  readonly serialHex: string;
  readonly revokedAt: Date;
  readonly reason?: RevocationReason | undefined;
}

export interface CrlOptions extends Pick<IssueEnvironment, 'clock'> {
  readonly entries: readonly RevokedEntry[];
  /** Grows with every list of this CA. Default: seconds since the epoch. */
  readonly number?: number | undefined;
  /** Default 24 hours. */
  readonly validitySeconds?: number | undefined;
}

/** `/pki/crl.json` as on the wire (01 §4.4). */
export interface CrlJson {
  readonly crl_pem: string;
  readonly revoked_serials: readonly string[];
  readonly next_update: number;
}

const reasonCodes: Record<RevocationReason, CRLReasons> = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  privilegeWithdrawn: 9,
};

/** Signed by the issuer CA itself, thisUpdate five minutes ago, nextUpdate in a day (01 §4.4). Synchronous. */
export function buildCrl(ca: CertificateAuthority, options: CrlOptions): CrlJson {
  assertAuthority(ca);
  const nowSeconds = Math.floor((options.clock ?? systemClock).now() / 1000);
  const nextUpdate = nowSeconds + (options.validitySeconds ?? 86_400);
  const entries = uniqueEntries(options.entries);
  const algorithm = signatureAlgorithmOf(ca.privateKey);
  const list = new TBSCertList({
    version: Version.v2,
    signature: algorithm,
    issuer: AsnConvert.parse(toBuffer(ca.certificate.der), X509Certificate).tbsCertificate.subject,
    thisUpdate: new Time(new Date((nowSeconds - 300) * 1000)),
    nextUpdate: new Time(new Date(nextUpdate * 1000)),
    ...(entries.size === 0 ? {} : { revokedCertificates: [...entries].map(revokedCertificate) }),
    crlExtensions: crlExtensions(ca, options.number ?? nowSeconds),
  });
  const signature = signDer(ca.privateKey, new Uint8Array(AsnConvert.serialize(list)));
  const der = AsnConvert.serialize(
    new CertificateList({ tbsCertList: list, signatureAlgorithm: algorithm, signature: toBuffer(signature) }),
  );
  return {
    crl_pem: pemEncode('X509 CRL', new Uint8Array(der)),
    revoked_serials: [...entries.keys()],
    next_update: nextUpdate,
  };
}

function uniqueEntries(entries: readonly RevokedEntry[]): Map<string, RevokedEntry> {
  const bySerial = new Map<string, RevokedEntry>();
  for (const entry of entries) {
    const serial = normalizeSerial(entry.serialHex);
    if (serial === undefined)
      throw new IssueError('invalid_request', `"${entry.serialHex}" is no serial number`);
    if (!bySerial.has(serial)) bySerial.set(serial, entry);
  }
  return bySerial;
}

function revokedCertificate([serial, entry]: readonly [string, RevokedEntry]): RevokedCertificate {
  const revoked = new RevokedCertificate({
    userCertificate: toBuffer(derInteger(serial)),
    revocationDate: new Time(entry.revokedAt),
  });
  // RFC 5280 §5.3.1: reason "unspecified" is expressed by leaving the extension out.
  if (entry.reason !== undefined && entry.reason !== 'unspecified') {
    revoked.crlEntryExtensions = [extension(id_ce_cRLReasons, new CRLReason(reasonCodes[entry.reason]))];
  }
  return revoked;
}

function crlExtensions(ca: CertificateAuthority, number: number): Extension[] {
  const keyIdentifier = new KeyIdentifier(toBuffer(hexDecode(ca.certificate.subjectKeyId ?? '')));
  return [
    extension(id_ce_authorityKeyIdentifier, new AuthorityKeyIdentifier({ keyIdentifier })),
    extension(id_ce_cRLNumber, new CRLNumber(number)),
  ];
}

function extension(id: string, value: unknown): Extension {
  return new Extension({
    extnID: id,
    critical: false,
    extnValue: new OctetString(AsnConvert.serialize(value)),
  });
}

/** INTEGER content of a positive number: a zero byte in front when the first bit is set. */
export function derInteger(serialHex: string): Uint8Array {
  const bytes = hexDecode(serialHex);
  return (bytes[0] ?? 0) < 0x80 ? bytes : Uint8Array.from([0, ...bytes]);
}
