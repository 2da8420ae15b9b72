import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, JsonObject } from 'aun-core';
import type { GatewayConfig } from '../config/schema.js';
import { openTlsIdentity, type TlsIdentity } from '../tls/server-certificate.js';
import { openAuthSigners } from './auth-signers.js';
import { Authorities } from './authorities.js';
import { writeFileAtomic } from './custody/atomic-file.js';
import { KeyVault } from './custody/key-vault.js';
import type { OperatorSecret } from './custody/secret.js';
import { openHierarchy } from './hierarchy.js';
import { IssuerAuthority } from './issuer-authority.js';
import { caFolder, rootBundleFile } from './layout.js';
import { openTrustAuthority } from './trust-authority.js';
import { openTrustList } from './trust-list.js';

/** Everything the gateway holds keys for. */
export interface CertificateOffice {
  readonly authorities: Authorities;
  /** TLS identity by issuer. */
  readonly tls: ReadonlyMap<string, TlsIdentity>;
  readonly trustList: JsonObject;
  /** PEM of all roots, as written to `root.crt`. */
  readonly rootBundle: string;
  readonly rootBundleFile: string;
}

export const operatorSecret = (config: GatewayConfig): OperatorSecret =>
  config.ca.passphrase === undefined
    ? { kind: 'file', file: config.ca.secretFile ?? join(config.dataDir, 'secret.key') }
    : { kind: 'passphrase', passphrase: config.ca.passphrase };

export const openVault = (config: GatewayConfig): KeyVault =>
  KeyVault.open(caFolder(config.dataDir), operatorSecret(config));

const openIssuer = async (config: GatewayConfig, issuer: string, vault: KeyVault, clock: Clock) => {
  const { dataDir } = config;
  const hierarchy = await openHierarchy({
    dataDir,
    issuer,
    vault,
    issuerCurve: config.ca.issuerCurve,
    clock,
  });
  const signers = await openAuthSigners({ dataDir, issuer, vault, ca: hierarchy.issuer, clock });
  const hosts = [config.listen.host, ...config.listen.moreHosts];
  const tls = await openTlsIdentity({ dataDir, issuer, vault, hierarchy, clock, hosts });
  const authority = new IssuerAuthority({
    issuer,
    hierarchy,
    signers,
    clock,
    agentValidityDays: config.ca.agentValidityDays,
  });
  return { authority, tls };
};

const writeIfChanged = (file: string, text: string): void => {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileAtomic(file, text, 0o644);
};

/**
 * Opens or makes the CA of every configured issuer and writes `root.crt` for users (01 §19.3).
 * @throws CustodyError when keys are missing or cannot be decrypted
 */
export const openCertificateOffice = async (
  config: GatewayConfig,
  clock: Clock,
): Promise<CertificateOffice> => {
  const vault = openVault(config);
  const opened = await Promise.all(config.issuers.map((issuer) => openIssuer(config, issuer, vault, clock)));
  const authorities = new Authorities(opened.map(({ authority }) => authority));
  const roots = authorities.all.map(({ issuer, root }) => ({ issuer, root }));
  const trustAuthority = await openTrustAuthority({ dataDir: config.dataDir, vault, clock });
  const trustList = openTrustList({ dataDir: config.dataDir, roots, authority: trustAuthority, clock });
  const rootBundle = roots.map(({ root }) => root.pem).join('');
  writeIfChanged(rootBundleFile(config.dataDir), rootBundle);
  writeIfChanged(join(config.dataDir, 'authority.crt'), trustAuthority.certificate.pem);
  return {
    authorities,
    tls: new Map(opened.map(({ authority, tls }) => [authority.issuer, tls])),
    trustList,
    rootBundle,
    rootBundleFile: rootBundleFile(config.dataDir),
  };
};
