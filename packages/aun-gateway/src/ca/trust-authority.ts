import { join } from 'node:path';
import type { Clock } from 'aun-core';
import { type CertificateAuthority, createRootCa } from 'aun-pki/issue';
import { readCertificateFile, writeCertificateFile } from './certificate-file.js';
import type { KeyVault } from './custody/key-vault.js';
import { caFolder } from './layout.js';

/** Signs the trust list (01 §5.2). Clients pin its certificate, `{dataDir}/authority.crt`. */
export const openTrustAuthority = async (options: {
  readonly dataDir: string;
  readonly vault: KeyVault;
  readonly clock: Clock;
}): Promise<CertificateAuthority> => {
  const { dataDir, vault, clock } = options;
  const name = 'authority';
  const file = join(caFolder(dataDir), 'authority.crt');
  const stored = readCertificateFile(file);
  const privateKey = vault.has(name) ? vault.read(name) : vault.create(name, 'P-384');
  if (stored?.publicKey.equals(privateKey.publicKey) === true) return { certificate: stored, privateKey };
  const made = await createRootCa({
    commonName: 'AUN Trust List Authority',
    privateKey,
    pathLength: 0,
    clock,
  });
  writeCertificateFile(file, made.certificate);
  return made;
};
