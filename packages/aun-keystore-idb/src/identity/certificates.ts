import { KeyStoreError } from 'aun-core';
import { base64Encode, CryptoError, hexEncode, pemDecode, sha256 } from 'aun-crypto';
import { type Certificate, parseCertificate } from 'aun-pki';
import type { StoreContext } from '../context.js';
import { readIn, type WriteTransaction, writeIn } from '../db/transact.js';
import { parseKeyRecord, publicKeyOf } from '../keys/key-record.js';
import { certKey, entryName } from '../record-keys.js';

const fingerprintPattern = /^sha256:[0-9a-f]{64}$/;
const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/**
 * The active certificate, or with a full fingerprint the version, else the active one if it is the wanted one
 * (08 §8.3). PEM as stored, not parsed; null when absent.
 */
export async function loadCert(
  context: StoreContext,
  aid: string,
  fingerprint?: string,
): Promise<string | null> {
  const wanted = fingerprint !== undefined && fingerprintPattern.test(fingerprint) ? fingerprint : '';
  const keys = wanted === '' ? [certKey(aid)] : [certKey(aid, wanted), certKey(aid)];
  const found = await readIn(context.keystore, ['certs'], (transaction) =>
    Promise.all(keys.map((key): Promise<unknown> => transaction.objectStore('certs').get(key))),
  );
  for (const value of found) {
    const pem = textOrNull(value);
    if (pem !== null && (wanted === '' || pemFingerprint(pem) === wanted)) return pem;
  }
  return null;
}

/**
 * Stores a certificate as active one, or only as version (08 §8.3).
 *
 * @throws {KeyStoreError} `certificate_unreadable`, `certificate_conflict`
 */
export async function saveCert(
  context: StoreContext,
  aid: string,
  certPem: string,
  options: { readonly active?: boolean } = {},
): Promise<void> {
  const name = entryName(aid);
  const certificate = readable(certPem);
  // A refusal must not undo the version that is kept of the refused certificate: it is thrown after the commit.
  const refusal = await writeIn(context.keystore, ['key_pairs', 'certs'], async (transaction) => {
    if (options.active !== false) return saveActive(transaction, aid, certificate, certPem);
    await saveVersion(transaction, name, certificate.fingerprint, certPem);
    return null;
  });
  if (refusal !== null) throw refusal;
  context.notices.tell('certificates', name);
}

async function saveActive(
  transaction: WriteTransaction,
  aid: string,
  certificate: Certificate,
  certPem: string,
): Promise<KeyStoreError | null> {
  const name = entryName(aid);
  const ownKey = publicKeyOf(parseKeyRecord(await transaction.objectStore('key_pairs').get(name)));
  if (ownKey !== null) guardOwn(aid, ownKey, certificate);
  const stored = textOrNull(await transaction.objectStore('certs').get(name));
  if (stored === certPem) return null;
  const older = stored === null ? null : parsed(stored);
  if (older !== null && isOlder(certificate, older)) {
    await saveVersion(transaction, name, certificate.fingerprint, certPem);
    return new KeyStoreError(
      'certificate_conflict',
      `certificate of ${name}: a newer one of the same key is stored`,
    );
  }
  if (ownKey === null) await saveVersion(transaction, name, certificate.fingerprint, certPem);
  await replaceCert(transaction, name, certPem);
  return null;
}

/**
 * Replaces the active certificate, keeping the other one as version. A renewal of the same key that was stored
 * meanwhile stays active.
 */
export async function replaceCert(
  transaction: WriteTransaction,
  name: string,
  certPem: string,
): Promise<void> {
  const store = transaction.objectStore('certs');
  const stored = textOrNull(await store.get(name));
  if (stored === certPem) return;
  const active = stored === null ? null : parsed(stored);
  const offered = parsed(certPem);
  if (active !== null && offered !== null && isOlder(offered, active)) {
    return saveVersion(transaction, name, offered.fingerprint, certPem);
  }
  if (active !== null && stored !== null) await saveVersion(transaction, name, active.fingerprint, stored);
  await store.put(certPem, name);
}

async function saveVersion(
  transaction: WriteTransaction,
  name: string,
  fingerprint: string,
  certPem: string,
): Promise<void> {
  const store = transaction.objectStore('certs');
  const key = certKey(name, fingerprint);
  const stored = textOrNull(await store.get(key));
  if (stored === null || pemFingerprint(stored) !== fingerprint) await store.put(certPem, key);
}

export const certPublicKey = (certificate: Certificate): string => base64Encode(certificate.publicKey.spki);

/** Public key of a stored certificate; null when it is none. */
export function publicKeyOfCert(value: unknown): string | null {
  const certificate = typeof value === 'string' ? parsed(value) : null;
  return certificate === null ? null : certPublicKey(certificate);
}

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
  const refuse = (why: string): never => {
    throw new KeyStoreError('certificate_conflict', `certificate of ${aid}: ${why}`);
  };
  if (certPublicKey(certificate) !== ownKey) refuse('it belongs to another key than the stored one');
  if (certificate.commonName !== aid) refuse(`its name is "${certificate.commonName}"`);
}

/** An older certificate of the same key never undoes a renewal made by another tab (08 §8.3). */
const isOlder = (offered: Certificate, stored: Certificate): boolean =>
  offered.fingerprint !== stored.fingerprint &&
  offered.publicKey.equals(stored.publicKey) &&
  offered.notBefore.getTime() < stored.notBefore.getTime();

function pemFingerprint(pem: string): string | null {
  try {
    return `sha256:${hexEncode(sha256(pemDecode(pem).der))}`;
  } catch (error) {
    if (error instanceof CryptoError) return null;
    throw error;
  }
}
