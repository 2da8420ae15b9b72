import {
  AuthorityKeyIdentifier,
  BasicConstraints,
  type Extension,
  type GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_certificatePolicies,
  id_ce_cRLDistributionPoints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_policyConstraints,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_pe_authorityInfoAccess,
  KeyUsage,
  KeyUsageFlags,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
} from '@peculiar/asn1-x509';
import { hexEncode } from 'aun-crypto';
import { copyBytes } from '../asn1/bytes.js';
import { DerError, parseDer } from '../asn1/parse-der.js';
import { serialToHex } from './serial.js';

export type KeyUsageName =
  | 'digitalSignature'
  | 'nonRepudiation'
  | 'keyEncipherment'
  | 'dataEncipherment'
  | 'keyAgreement'
  | 'keyCertSign'
  | 'cRLSign';

/** What this package reads from the extensions of a certificate. */
export interface CertificateExtensions {
  readonly isCa: boolean;
  readonly pathLength: number | undefined;
  /** `undefined` when the extension is absent: then every use is allowed. */
  readonly keyUsage: readonly KeyUsageName[] | undefined;
  readonly subjectKeyId: string | undefined;
  readonly authorityKeyId: string | undefined;
  readonly authoritySerialHex: string | undefined;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  /** OIDs of critical extensions that no part of this package understands. */
  readonly unknownCritical: readonly string[];
}

const limits = { maxBytes: 16 * 1024 };

/** Name constraints and policies are tolerated as every public SDK does (01 §3.2). */
const understood = new Set<string>([
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_certificatePolicies,
  id_ce_cRLDistributionPoints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_nameConstraints,
  id_ce_policyConstraints,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_pe_authorityInfoAccess,
]);

/** @throws {DerError} when a known extension is malformed or given twice */
export function readExtensions(extensions: readonly Extension[]): CertificateExtensions {
  const byId = indexExtensions(extensions);
  const constraints = decode(byId, id_ce_basicConstraints, BasicConstraints);
  const authority = decode(byId, id_ce_authorityKeyIdentifier, AuthorityKeyIdentifier);
  const alternative = decode(byId, id_ce_subjectAltName, SubjectAlternativeName);
  const subjectKeyId = decode(byId, id_ce_subjectKeyIdentifier, SubjectKeyIdentifier);
  return {
    isCa: constraints?.cA === true,
    pathLength: readPathLength(constraints),
    keyUsage: readKeyUsage(decode(byId, id_ce_keyUsage, KeyUsage)),
    subjectKeyId: subjectKeyId && hexEncode(copyBytes(subjectKeyId.buffer)),
    authorityKeyId: authority?.keyIdentifier && hexEncode(copyBytes(authority.keyIdentifier.buffer)),
    authoritySerialHex:
      authority?.authorityCertSerialNumber && serialToHex(copyBytes(authority.authorityCertSerialNumber)),
    dnsNames: readNames(alternative, (name) => name.dNSName),
    ipAddresses: readNames(alternative, (name) => name.iPAddress),
    unknownCritical: extensions.filter((e) => e.critical && !understood.has(e.extnID)).map((e) => e.extnID),
  };
}

function indexExtensions(extensions: readonly Extension[]): ReadonlyMap<string, Extension> {
  const byId = new Map<string, Extension>();
  for (const extension of extensions) {
    if (byId.has(extension.extnID)) throw new DerError(`extension ${extension.extnID} is given twice`);
    byId.set(extension.extnID, extension);
  }
  return byId;
}

function decode<T>(byId: ReadonlyMap<string, Extension>, id: string, type: new () => T): T | undefined {
  const extension = byId.get(id);
  return extension && parseDer(copyBytes(extension.extnValue.buffer), type, limits);
}

function readPathLength(constraints: BasicConstraints | undefined): number | undefined {
  const value: unknown = constraints?.pathLenConstraint;
  if (value === undefined) return undefined;
  const length = Number(value);
  if (!Number.isSafeInteger(length) || length < 0)
    throw new DerError('the path length is not a small number');
  return length;
}

const usageNames: readonly KeyUsageName[] = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
];

function readKeyUsage(usage: KeyUsage | undefined): readonly KeyUsageName[] | undefined {
  if (usage === undefined) return undefined;
  const flags = usage.toNumber();
  return Object.freeze(usageNames.filter((name) => (flags & KeyUsageFlags[name]) !== 0));
}

function readNames(
  names: SubjectAlternativeName | undefined,
  pick: (name: GeneralName) => string | undefined,
): readonly string[] {
  // `Array.from`: the ASN.1 list would hand its own class on to `flatMap`.
  return Object.freeze(Array.from(names ?? []).flatMap((name) => pick(name) ?? []));
}
