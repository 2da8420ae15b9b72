import type { Clock } from 'aun-core';
import type { Certificate } from 'aun-pki';
import { isDnsName, isIpAddress, issueCertificate } from 'aun-pki/issue';
import { readCertificateFile, writeCertificateFile } from '../ca/certificate-file.js';
import type { KeyVault } from '../ca/custody/key-vault.js';
import type { Hierarchy } from '../ca/hierarchy.js';
import { issuerLayout } from '../ca/layout.js';

/** Certificate chain and key of one issuer's TLS listener, PEM. */
export interface TlsIdentity {
  /** Leaf, Issuer CA, Registry CA; the root is what clients have. */
  readonly cert: string;
  readonly key: string;
}

export interface TlsIdentityOptions {
  readonly dataDir: string;
  readonly issuer: string;
  readonly vault: KeyVault;
  readonly hierarchy: Hierarchy;
  readonly clock: Clock;
  /** Addresses the gateway listens on; the ones that are literal and not "any" are covered too. */
  readonly hosts: readonly string[];
}

/** Names the server answers to: the domain, its hosts, every AID, and this machine (02 §21.2). */
export const serverNames = (issuer: string): string[] =>
  [issuer, `gateway.${issuer}`, `pki.${issuer}`, `*.${issuer}`, 'localhost'].filter(isDnsName);

/** `https://127.0.0.1:{port}` verifies too, and any other address that was configured. */
export const serverAddresses = (hosts: readonly string[]): string[] => [
  ...new Set([
    '127.0.0.1',
    '::1',
    ...hosts.filter((host) => isIpAddress(host) && !/^(0\.0\.0\.0|::)$/.test(host)),
  ]),
];

const isFresh = (cert: Certificate, { issuer, hierarchy, clock, hosts }: TlsIdentityOptions): boolean =>
  clock.now() < (cert.notBefore.getTime() + cert.notAfter.getTime()) / 2 &&
  cert.authorityKeyId === hierarchy.issuer.certificate.subjectKeyId &&
  serverNames(issuer).every((name) => cert.dnsNames.includes(name)) &&
  serverAddresses(hosts).every((address) => cert.ipAddresses.includes(address));

/** The stored TLS certificate, or a new one when it is missing, half-way to its end, or for other names. */
export const openTlsIdentity = async (options: TlsIdentityOptions): Promise<TlsIdentity> => {
  const { issuer, hierarchy, vault, clock } = options;
  const file = issuerLayout(options.dataDir, issuer).tls;
  const name = `${issuer}/tls`;
  const stored = readCertificateFile(file);
  const key = vault.has(name) ? vault.read(name) : vault.create(name, 'P-256');
  const usable =
    stored?.publicKey.equals(key.publicKey) === true && isFresh(stored, options) ? stored : undefined;
  const leaf =
    usable ??
    (await issueCertificate(hierarchy.issuer, {
      profile: 'tls-server',
      commonName: `gateway.${issuer}`.slice(0, 64),
      publicKey: key.publicKey,
      dnsNames: serverNames(issuer),
      ipAddresses: serverAddresses(options.hosts),
      clock,
    }));
  if (usable === undefined) writeCertificateFile(file, leaf);
  return {
    cert: [leaf, hierarchy.issuer.certificate, hierarchy.registry].map((c) => c.pem).join(''),
    key: key.toPem(),
  };
};
