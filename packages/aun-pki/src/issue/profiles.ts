import { hexEncode, type PublicKey } from 'aun-crypto';
import { keyIdentifier } from './signing-key.js';
import {
  AuthorityInfoAccessExtension,
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CRLDistributionPointsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
} from './x509.js';

/** Kinds of leaves this package issues (01 §3.3). */
export type LeafProfile = 'agent' | 'group' | 'auth' | 'tls-server';

/** Optional locations written into leaves; the public SDKs do not read them (01 §3.3). */
export interface CertificateLocations {
  readonly caIssuersUrl?: string | undefined;
  readonly ocspUrl?: string | undefined;
  readonly crlUrl?: string | undefined;
}

export interface LeafExtensionInput {
  readonly profile: LeafProfile;
  readonly publicKey: PublicKey;
  readonly authorityKeyId: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses?: readonly string[] | undefined;
  readonly locations?: CertificateLocations | undefined;
}

export async function leafExtensions(input: LeafExtensionInput): Promise<Extension[]> {
  const extensions: Extension[] = [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(leafKeyUsage(input.profile), true),
    ...(await identifiers(input.publicKey, input.authorityKeyId)),
  ];
  if (input.profile === 'tls-server') {
    extensions.push(new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]));
  }
  const alternativeNames = [
    ...input.dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...(input.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  if (alternativeNames.length > 0) extensions.push(new SubjectAlternativeNameExtension(alternativeNames));
  return [...extensions, ...locationExtensions(input.locations)];
}

/** `authorityKeyId` is absent for a root. */
export async function caExtensions(
  publicKey: PublicKey,
  pathLength: number,
  authorityKeyId?: string,
): Promise<Extension[]> {
  return [
    new BasicConstraintsExtension(true, pathLength, true),
    new KeyUsagesExtension(
      KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature,
      true,
    ),
    ...(await identifiers(publicKey, authorityKeyId)),
  ];
}

/** Agents also agree on keys with their identity key in the end-to-end layer. */
function leafKeyUsage(profile: LeafProfile): KeyUsageFlags {
  return profile === 'agent' || profile === 'group'
    ? KeyUsageFlags.digitalSignature | KeyUsageFlags.keyAgreement
    : KeyUsageFlags.digitalSignature;
}

async function identifiers(publicKey: PublicKey, authorityKeyId: string | undefined): Promise<Extension[]> {
  const own = new SubjectKeyIdentifierExtension(hexEncode(await keyIdentifier(publicKey.point)));
  return authorityKeyId === undefined ? [own] : [own, new AuthorityKeyIdentifierExtension(authorityKeyId)];
}

function locationExtensions(locations: CertificateLocations = {}): Extension[] {
  const { caIssuersUrl, ocspUrl, crlUrl } = locations;
  const extensions: Extension[] = [];
  if (caIssuersUrl !== undefined || ocspUrl !== undefined) {
    extensions.push(
      new AuthorityInfoAccessExtension({
        ...(caIssuersUrl === undefined ? {} : { caIssuers: caIssuersUrl }),
        ...(ocspUrl === undefined ? {} : { ocsp: ocspUrl }),
      }),
    );
  }
  if (crlUrl !== undefined) extensions.push(new CRLDistributionPointsExtension([crlUrl]));
  return extensions;
}
