import type { Clock } from 'aun-core';
import type { Certificate } from 'aun-pki';
import { type CertificateAuthority, createIntermediateCa, createRootCa } from 'aun-pki/issue';
import { readCertificateFile, writeCertificateFile } from './certificate-file.js';
import { CustodyError } from './custody/custody-error.js';
import type { KeyVault } from './custody/key-vault.js';
import { issuerLayout } from './layout.js';

/** The CA certificates of one issuer; only the Issuer CA's key is needed from day to day (01 §3.1). */
export interface Hierarchy {
  readonly root: Certificate;
  readonly registry: Certificate;
  readonly issuer: CertificateAuthority;
}

export interface HierarchyOptions {
  readonly dataDir: string;
  readonly issuer: string;
  readonly vault: KeyVault;
  readonly issuerCurve: 'P-256' | 'P-384';
  readonly clock: Clock;
}

type Level = 'root' | 'registry' | 'issuer';

const keyName = (issuer: string, level: Level): string => `${issuer}/${level}`;

/** The level's CA with its key; made when its certificate is not there yet. A key without certificate is used again. */
const openLevel = async (
  options: HierarchyOptions,
  level: Level,
  curve: 'P-256' | 'P-384',
  make: (key: CertificateAuthority['privateKey']) => Promise<CertificateAuthority>,
): Promise<CertificateAuthority> => {
  const name = keyName(options.issuer, level);
  const file = issuerLayout(options.dataDir, options.issuer)[level];
  const certificate = readCertificateFile(file);
  if (certificate !== undefined) return { certificate, privateKey: options.vault.read(name) };
  const key = options.vault.has(name) ? options.vault.read(name) : options.vault.create(name, curve);
  const made = await make(key);
  writeCertificateFile(file, made.certificate);
  return made;
};

const make = async (options: HierarchyOptions): Promise<Hierarchy> => {
  const { issuer, clock } = options;
  const root = await openLevel(options, 'root', 'P-384', (privateKey) =>
    createRootCa({ commonName: rootName(issuer), organization: 'AUN', privateKey, clock }),
  );
  const registry = await openLevel(options, 'registry', 'P-384', (privateKey) =>
    createIntermediateCa(root, {
      commonName: registryName(issuer),
      organization: 'AUN',
      role: 'registry',
      privateKey,
      clock,
    }),
  );
  const issuing = await openLevel(options, 'issuer', options.issuerCurve, (privateKey) =>
    createIntermediateCa(registry, { commonName: issuer, role: 'issuer', privateKey, clock }),
  );
  return { root: root.certificate, registry: registry.certificate, issuer: issuing };
};

/** A common name has at most 64 characters. */
const named = (issuer: string, suffix: string): string => `${issuer.slice(0, 64 - suffix.length)}${suffix}`;
const rootName = (issuer: string): string => named(issuer, ' AUN Root');
const registryName = (issuer: string): string => named(issuer, ' AUN Registry');

/**
 * Opens the CA of an issuer, or makes Root (P-384) -> Registry (P-384) -> Issuer on first use. An interrupted first
 * start is completed. The keys of root and registry may be moved offline once `issuer.crt` exists.
 * @throws CustodyError
 */
export const openHierarchy = async (options: HierarchyOptions): Promise<Hierarchy> => {
  const layout = issuerLayout(options.dataDir, options.issuer);
  const issuer = readCertificateFile(layout.issuer);
  if (issuer === undefined) return make(options);
  const registry = readCertificateFile(layout.registry);
  const root = readCertificateFile(layout.root);
  if (registry === undefined || root === undefined) {
    throw new CustodyError(
      `The CA folder ${layout.folder} lacks root.crt or registry.crt; restore it from a backup.`,
    );
  }
  const privateKey = options.vault.read(keyName(options.issuer, 'issuer'));
  if (!privateKey.publicKey.equals(issuer.publicKey)) {
    throw new CustodyError(`The key of the Issuer CA in ${layout.folder} does not belong to issuer.crt.`);
  }
  return { root, registry, issuer: { certificate: issuer, privateKey } };
};
