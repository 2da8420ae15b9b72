import { systemClock } from 'aun-core';
import type { PublicKey } from 'aun-crypto';
import type { Certificate } from '../certificate/certificate.js';
import { assertAuthority, type CertificateAuthority, type IssueEnvironment } from './authority.js';
import { buildCertificate } from './build-certificate.js';
import { isDnsName } from './dns-name.js';
import { isIpAddress } from './ip-address.js';
import { IssueError } from './issue-error.js';
import { lifetime } from './lifetime.js';
import { type CertificateLocations, type LeafProfile, leafExtensions } from './profiles.js';
import { newSerial } from './serial.js';

export interface IssueOptions extends IssueEnvironment {
  /** `agent`, `group`: an AID. `auth`: the auth service. `tls-server`: host names for TLS. */
  readonly profile: LeafProfile;
  /** CN: the lower-case AID, `auth.{issuer}`, or a host name. At most 64 characters (X.509, 01 §1.1). */
  readonly commonName: string;
  /** P-256 for every profile (01 §2.1). */
  readonly publicKey: PublicKey;
  /**
   * SAN entries, `*.` wildcards allowed. Default: the CN where it is a host name. `[]` for none.
   */
  readonly dnsNames?: readonly string[] | undefined;
  /** SAN entries for literal addresses, canonical: `127.0.0.1`, `::1`. Default: none. */
  readonly ipAddresses?: readonly string[] | undefined;
  /** Default 730, TLS server 397; cut at the end of the CA. */
  readonly validityDays?: number | undefined;
  readonly locations?: CertificateLocations | undefined;
}

/**
 * Issues a leaf with the profile of 01 §3.3: fresh 16-byte serial, back-dated ten minutes, the key byte for byte.
 *
 * @throws {IssueError} `invalid_request`, `issuer_unsuitable`
 * @example
 * const alice = await issueCertificate(issuerCa, {
 *   profile: 'agent', commonName: 'alice.example.test', publicKey: key.publicKey,
 * });
 */
export async function issueCertificate(
  ca: CertificateAuthority,
  options: IssueOptions,
): Promise<Certificate> {
  assertAuthority(ca);
  assertRequest(options);
  const nowMs = (options.clock ?? systemClock).now();
  const days = options.validityDays ?? (options.profile === 'tls-server' ? 397 : 730);
  return buildCertificate({
    serialHex: newSerial(options.random),
    subject: { commonName: options.commonName },
    issuer: ca.certificate,
    ...lifetime(nowMs, days, ca.certificate),
    publicKey: options.publicKey,
    signer: ca.privateKey,
    extensions: await leafExtensions({
      profile: options.profile,
      publicKey: options.publicKey,
      authorityKeyId: ca.certificate.subjectKeyId ?? '',
      dnsNames: options.dnsNames ?? (isDnsName(options.commonName) ? [options.commonName] : []),
      ipAddresses: options.ipAddresses,
      locations: options.locations,
    }),
  });
}

function assertRequest(options: IssueOptions): void {
  const { commonName, publicKey, dnsNames = [], ipAddresses = [] } = options;
  if (commonName === '' || commonName.length > 64) {
    throw new IssueError('invalid_request', 'commonName must have 1 to 64 characters');
  }
  if (commonName !== commonName.trim().toLowerCase()) {
    throw new IssueError(
      'invalid_request',
      `commonName "${commonName}" must be lower case and without outer spaces`,
    );
  }
  if (publicKey.curve !== 'P-256') {
    throw new IssueError('invalid_request', `the public key must be on P-256, not ${publicKey.curve}`);
  }
  const bad = dnsNames.find((name) => !isDnsName(name));
  if (bad !== undefined) throw new IssueError('invalid_request', `"${bad}" is no host name`);
  const badAddress = ipAddresses.find((address) => !isIpAddress(address));
  if (badAddress !== undefined) {
    throw new IssueError('invalid_request', `"${badAddress}" is no canonical IP address`);
  }
}
