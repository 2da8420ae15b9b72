import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from 'aun-core';
import type { PrivateKey } from 'aun-crypto';
import type { Certificate } from 'aun-pki';
import { type CertificateAuthority, issueCertificate } from 'aun-pki/issue';
import { readCertificateFile, writeCertificateFile } from './certificate-file.js';
import { writeFileAtomic } from './custody/atomic-file.js';
import type { KeyVault } from './custody/key-vault.js';
import { issuerLayout } from './layout.js';

/** The auth service's identity: proves the server at login and signs access tokens (01 §9.1, §11.1). */
export interface AuthSigner {
  /** `auth.{issuer}`. */
  readonly name: string;
  readonly cert: Certificate;
  readonly key: PrivateKey;
  /** The same key for `jose`. */
  readonly signingKey: KeyObject;
}

export interface AuthSignerOptions {
  readonly dataDir: string;
  readonly issuer: string;
  readonly vault: KeyVault;
  readonly ca: CertificateAuthority;
  readonly clock: Clock;
}

export const toVerificationKey = (cert: Certificate): KeyObject =>
  createPublicKey({ key: Buffer.from(cert.spkiDer), format: 'der', type: 'spki' });

const newestFirst = (left: Certificate, right: Certificate): number =>
  right.notBefore.getTime() - left.notBefore.getTime() || (left.serialHex < right.serialHex ? 1 : -1);

/** Names the serial in use: dates alone do not order two keys of the same second. */
const currentFile = (options: AuthSignerOptions): string =>
  join(issuerLayout(options.dataDir, options.issuer).authFolder, 'current');

const currentSerial = (options: AuthSignerOptions): string => {
  const file = currentFile(options);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
};

const stored = (options: AuthSignerOptions): Certificate[] => {
  const folder = issuerLayout(options.dataDir, options.issuer).authFolder;
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.crt'))
    .flatMap((file) => readCertificateFile(join(folder, file)) ?? [])
    .sort(newestFirst);
};

const keyNameOf = (issuer: string, keyId: string): string => `${issuer}/auth/${keyId}`;

const shortId = (cert: Certificate): string =>
  cert.spkiFingerprint.slice('sha256:'.length, 'sha256:'.length + 16);

const toSigner = (options: AuthSignerOptions, cert: Certificate): AuthSigner => {
  const key = options.vault.read(keyNameOf(options.issuer, shortId(cert)));
  return {
    name: `auth.${options.issuer}`,
    cert,
    key,
    signingKey: createPrivateKey({ key: Buffer.from(key.toPkcs8()), format: 'der', type: 'pkcs8' }),
  };
};

/** A new auth key (P-256: other curves break renewal in public SDKs, 01 §2.1) and its certificate. */
export const makeAuthSigner = async (options: AuthSignerOptions): Promise<AuthSigner> => {
  const key = options.vault.createNamed(
    (fresh) => keyNameOf(options.issuer, fresh.publicKey.keyId().slice(7)),
    'P-256',
  );
  const cert = await issueCertificate(options.ca, {
    profile: 'auth',
    commonName: `auth.${options.issuer}`,
    publicKey: key.publicKey,
    dnsNames: [],
    clock: options.clock,
  });
  const folder = issuerLayout(options.dataDir, options.issuer).authFolder;
  writeCertificateFile(join(folder, `${cert.serialHex}.crt`), cert);
  writeFileAtomic(currentFile(options), `${cert.serialHex}\n`, 0o644);
  return toSigner(options, cert);
};

export interface AuthSigners {
  readonly current: AuthSigner;
  /** Public keys of all auth certificates, by serial: old tokens outlive a key change. */
  readonly certificates: readonly Certificate[];
}

/** Time to take a new key into use. */
export const isPastHalfLife = (cert: Certificate, clock: Clock): boolean =>
  clock.now() >= (cert.notBefore.getTime() + cert.notAfter.getTime()) / 2;

/** Opens the auth identity in use; a new one is made when there is none or it is past half its life. */
export const openAuthSigners = async (options: AuthSignerOptions): Promise<AuthSigners> => {
  const certificates = stored(options);
  const serial = currentSerial(options);
  const chosen = certificates.find((cert) => cert.serialHex === serial) ?? certificates[0];
  if (chosen !== undefined && !isPastHalfLife(chosen, options.clock)) {
    return { current: toSigner(options, chosen), certificates };
  }
  const current = await makeAuthSigner(options);
  return { current, certificates: [current.cert, ...certificates] };
};
