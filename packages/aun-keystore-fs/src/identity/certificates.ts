import { KeyStoreError } from 'aun-core';
import { base64Encode, CryptoError, hexEncode, pemDecode, sha256, utf8Encode } from 'aun-crypto';
import { type Certificate, parseCertificate } from 'aun-pki';
import type { StoreContext } from '../context.js';
import { exists, readTextIfPresent } from '../files/read.js';
import { replaceFile } from '../files/replace-file.js';
import { keyPairOfPem, publicKeyOf } from '../keys/key-file.js';
import { readKeyFile } from '../keys/key-pair.js';
import { certVersionFile, type IdentityPaths, identityPaths } from '../layout.js';
import { whileLocked } from '../lock/identity-lock.js';
import type { Steps } from '../steps.js';

/**
 * The active certificate, or with a full fingerprint the version file, else the active one if it is the wanted one
 * (08 §8.3). PEM as stored, not parsed; null when absent.
 */
export function loadCert(context: StoreContext, aid: string, fingerprint?: string): string | null {
  const paths = identityPaths(context.layout, aid);
  const version = fingerprint === undefined ? null : certVersionFile(paths, fingerprint);
  const active = () => readTextIfPresent(context.files, paths.cert);
  if (version === null || fingerprint === undefined) return active();
  const candidates = [() => readTextIfPresent(context.files, version), active];
  for (const read of candidates) {
    const pem = read();
    if (pem !== null && pemFingerprint(pem) === fingerprint) return pem;
  }
  return null;
}

/**
 * Stores a certificate as active one, or only as version (08 §8.3).
 *
 * @throws {KeyStoreError} `certificate_unreadable`, `certificate_conflict`
 */
export function* saveCert(
  context: StoreContext,
  aid: string,
  certPem: string,
  options: { readonly active?: boolean } = {},
): Steps<void> {
  const paths = identityPaths(context.layout, aid);
  const certificate = readable(certPem);
  if (options.active === false) return saveVersion(context, paths, certificate.fingerprint, certPem);
  yield* whileLocked(context, paths.name, () => {
    saveActive(context, paths, aid, certificate, certPem);
  });
}

/** Writes `cert.pem` after the guards; the identity lock is held. */
function saveActive(
  context: StoreContext,
  paths: IdentityPaths,
  aid: string,
  certificate: Certificate,
  certPem: string,
): void {
  const ownKey = ownPublicKey(context, paths);
  if (ownKey !== null) guardOwn(aid, ownKey, certificate);
  const stored = readTextIfPresent(context.files, paths.cert);
  if (stored === certPem) return;
  const older = stored === null ? null : parsed(stored);
  if (older !== null && stored !== null) {
    if (older.fingerprint !== certificate.fingerprint) {
      guardAge(context, paths, older, certificate, certPem);
      saveVersion(context, paths, older.fingerprint, stored);
    }
  }
  if (ownKey === null) saveVersion(context, paths, certificate.fingerprint, certPem);
  replaceFile(context, paths.cert, utf8Encode(certPem));
}

/**
 * Replaces `cert.pem` by one that was judged (promotions), keeping the other one as version. A renewal of the same key
 * that was stored meanwhile stays active.
 */
export function replaceCert(
  context: StoreContext,
  paths: IdentityPaths,
  certificate: Certificate,
  certPem: string,
): void {
  const stored = readTextIfPresent(context.files, paths.cert);
  if (stored === certPem) return;
  const active = stored === null ? null : parsed(stored);
  if (active !== null && isOlder(certificate, active)) {
    saveVersion(context, paths, certificate.fingerprint, certPem);
    return;
  }
  if (active !== null && stored !== null) saveVersion(context, paths, active.fingerprint, stored);
  replaceFile(context, paths.cert, utf8Encode(certPem));
}

/** Base64 SPKI of the stored private key; null for a peer. Needs no seed. */
export function ownPublicKey(context: StoreContext, paths: IdentityPaths): string | null {
  const file = readKeyFile(context, paths.key);
  if (file === null || file.kind === 'damaged' || file.kind === 'no-key') return null;
  // A legacy file may hold nothing but the private key.
  return file.kind === 'plaintext' ? (keyPairOfPem(file.pem)?.publicKeyDerB64 ?? null) : publicKeyOf(file);
}

export const certPublicKey = (certificate: Certificate): string => base64Encode(certificate.publicKey.spki);

/** @throws {KeyStoreError} `certificate_unreadable` */
export function readable(certPem: string): Certificate {
  const result = parseCertificate(certPem);
  if (result.ok) return result.data;
  throw new KeyStoreError('certificate_unreadable', `certificate: ${result.error.message}`, {
    cause: result.error.cause,
  });
}

export function parsed(certPem: string): Certificate | null {
  const result = parseCertificate(certPem);
  return result.ok ? result.data : null;
}

function guardOwn(aid: string, ownKey: string, certificate: Certificate): void {
  if (certPublicKey(certificate) !== ownKey) {
    throw new KeyStoreError(
      'certificate_conflict',
      `certificate of ${aid}: it belongs to another key than the stored one`,
    );
  }
  if (certificate.commonName !== aid) {
    throw new KeyStoreError(
      'certificate_conflict',
      `certificate of ${aid}: its name is "${certificate.commonName}"`,
    );
  }
}

/** An older certificate of the same key never undoes a renewal made by another process; it stays as version. */
function guardAge(
  context: StoreContext,
  paths: IdentityPaths,
  stored: Certificate,
  offered: Certificate,
  certPem: string,
): void {
  if (!isOlder(offered, stored)) return;
  saveVersion(context, paths, offered.fingerprint, certPem);
  throw new KeyStoreError(
    'certificate_conflict',
    `certificate of ${paths.name}: a newer one of the same key is stored`,
  );
}

const isOlder = (offered: Certificate, stored: Certificate): boolean =>
  offered.publicKey.equals(stored.publicKey) && offered.notBefore.getTime() < stored.notBefore.getTime();

function saveVersion(
  context: StoreContext,
  paths: IdentityPaths,
  fingerprint: string,
  certPem: string,
): void {
  const path = certVersionFile(paths, fingerprint);
  if (path === null) return;
  if (
    exists(context.files, path) &&
    pemFingerprint(readTextIfPresent(context.files, path) ?? '') === fingerprint
  )
    return;
  replaceFile(context, path, utf8Encode(certPem));
}

function pemFingerprint(pem: string): string | null {
  try {
    return `sha256:${hexEncode(sha256(pemDecode(pem).der))}`;
  } catch (error) {
    if (error instanceof CryptoError) return null;
    throw error;
  }
}
