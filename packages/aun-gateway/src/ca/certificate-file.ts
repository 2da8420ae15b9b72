import { existsSync, readFileSync } from 'node:fs';
import { type Certificate, parseCertificate } from 'aun-pki';
import { writeFileAtomic } from './custody/atomic-file.js';
import { CustodyError } from './custody/custody-error.js';

/** The certificate in a PEM file; undefined when there is no file. */
export const readCertificateFile = (file: string): Certificate | undefined => {
  if (!existsSync(file)) return undefined;
  const parsed = parseCertificate(readFileSync(file, 'utf8'));
  if (parsed.ok) return parsed.data;
  throw new CustodyError(`The certificate ${file} is damaged: ${parsed.error.message}.`);
};

export const writeCertificateFile = (file: string, cert: Certificate): void => {
  writeFileAtomic(file, cert.pem, 0o644);
};
