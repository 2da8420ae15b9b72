import {
  ErrorCodes,
  type KeyStore,
  KeyStoreError,
  type Result,
  resultErr,
  resultOk,
  type SyncKeyStore,
} from 'aun-core';
import { CryptoError, PrivateKey, signDer, utf8Encode, verifyDer } from 'aun-crypto';
import { type Certificate, checkValidity, parseCertificate, verifyChain } from 'aun-pki';
import { type AnyAid, createAid } from '../aid.js';
import type { Environment } from '../environment.js';
import { type Failure, failureOf } from './failures.js';

const SKEW_S = 300;
const PREVIOUS_KEYS = 3;
const SELF_TEST = utf8Encode('aun-aidstore-private-key-self-test');

export type LoadOptions = {
  /** Lets an expired certificate pass, for renewal within the grace period (01 §21). */
  readonly allowExpired?: boolean;
};

/** Stored material of an identity, read but not judged. */
export type StoredIdentity = {
  readonly certPem: string | null;
  readonly privateKeyPem: string | null;
  readonly previousKeyPems: readonly string[];
};

type KeyReader = Pick<
  SyncKeyStore,
  'loadCertSync' | 'loadKeyPairSync' | 'loadPreviousKeyPairsSync' | 'repairKeyPairSync'
>;

/** Judges certificate and key of a stored identity in the order of 07 §3.3; the first failure wins. */
export const judgeIdentity = (
  aid: string,
  stored: StoredIdentity,
  environment: Environment,
  options: LoadOptions = {},
): Result<AnyAid> => {
  if (stored.certPem === null) {
    return resultErr(
      ErrorCodes.CERT_NOT_FOUND,
      `no certificate of ${aid} is stored: register it, or resolve a peer`,
    );
  }
  const parsed = parseCertificate(stored.certPem);
  if (!parsed.ok)
    return resultErr(ErrorCodes.CERT_PARSE_ERROR, `stored certificate of ${aid}: ${parsed.error.message}`);
  const certificate = parsed.data;
  const judged = judgeCertificate(aid, certificate, environment, options);
  if (!judged.ok) return judged;
  const key = readKey(aid, stored.privateKeyPem, certificate);
  if (!key.ok) return key;
  return resultOk(
    createAid({
      aid,
      certificate,
      privateKey: key.data,
      previousKeys: key.data === null ? [] : stored.previousKeyPems.flatMap(parseKeyQuietly),
      environment,
    }),
  );
};

const judgeCertificate = (
  aid: string,
  certificate: Certificate,
  environment: Environment,
  options: LoadOptions,
): Result<Certificate> => {
  const now = environment.clock.now();
  if (now > certificate.notAfter.getTime() && options.allowExpired !== true) {
    return resultErr(
      ErrorCodes.CERT_EXPIRED,
      `the certificate of ${aid} expired at ${certificate.notAfter.toISOString()}: call renewCert`,
    );
  }
  const started = checkValidity(certificate, {
    now: Math.min(now, certificate.notAfter.getTime()),
    skewSeconds: SKEW_S,
  });
  if (!started.ok)
    return resultErr(ErrorCodes.CERT_NOT_YET_VALID, `${started.error.message}: check the clock`);
  const name = certificate.subjectCommonName;
  if (name !== '' && name !== aid) {
    return resultErr(ErrorCodes.CERT_CHAIN_BROKEN, `the stored certificate of ${aid} belongs to ${name}`);
  }
  const chain = environment.anchors.localChain(certificate);
  if (chain === null) return resultOk(certificate);
  const verified = verifyChain(certificate, chain, {
    roots: environment.anchors.roots,
    now: Math.min(now, certificate.notAfter.getTime()),
  });
  return verified.ok
    ? resultOk(certificate)
    : resultErr(ErrorCodes.CERT_CHAIN_BROKEN, verified.error.message);
};

const readKey = (aid: string, pem: string | null, certificate: Certificate): Result<PrivateKey | null> => {
  if (pem === null) return resultOk(null);
  let key: PrivateKey;
  try {
    key = PrivateKey.fromPem(pem);
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return resultErr(ErrorCodes.PRIVATE_KEY_PARSE_ERROR, `the private key of ${aid} is damaged`, error);
  }
  if (key.curve !== 'P-256') {
    return resultErr(
      ErrorCodes.PRIVATE_KEY_PARSE_ERROR,
      `AID private key must be EC P-256, it is ${key.curve}`,
    );
  }
  return key.publicKey.equals(certificate.publicKey) && selfTest(key)
    ? resultOk(key)
    : resultErr(ErrorCodes.KEYPAIR_MISMATCH, `the private key of ${aid} does not belong to its certificate`);
};

const selfTest = (key: PrivateKey): boolean => verifyDer(key.publicKey, SELF_TEST, signDer(key, SELF_TEST));

const parseKeyQuietly = (pem: string): PrivateKey[] => {
  try {
    return [PrivateKey.fromPem(pem)];
  } catch (error) {
    // An unreadable old backup only means that old messages stay closed.
    if (error instanceof CryptoError) return [];
    throw error;
  }
};

const NO_TEXT = resultErr(ErrorCodes.INVALID_AID_FORMAT, 'aid must be text');

/** Nothing can be stored under a text that no key store takes for a name. */
const loadFailure = (name: string, error: unknown): Failure => {
  if (!(error instanceof KeyStoreError)) throw error;
  if (error.code === 'invalid_argument') return resultErr(ErrorCodes.CERT_NOT_FOUND, error.message, error);
  return failureOf(new KeyStoreError(error.code, `${name}: ${error.message}`, { cause: error }));
};

/** Reads and judges an identity without the network (07 §3.3). */
export const loadIdentitySync = (
  aid: string,
  keys: KeyReader,
  environment: Environment,
  options: LoadOptions = {},
): Result<AnyAid> => {
  if (typeof aid !== 'string') return NO_TEXT;
  const name = aid.trim();
  try {
    const first = judgeIdentity(name, readSync(name, keys), environment, options);
    const mismatch = !first.ok && first.error.code === ErrorCodes.KEYPAIR_MISMATCH;
    // A rekey that was interrupted between certificate and key leaves the new key pending (08 §5.3).
    if (!mismatch || !keys.repairKeyPairSync(name)) return first;
    return judgeIdentity(name, readSync(name, keys), environment, options);
  } catch (error) {
    return loadFailure(name, error);
  }
};

/** The same over promises, for any key store. */
export const loadIdentity = async (
  aid: string,
  keys: KeyStore,
  environment: Environment,
  options: LoadOptions = {},
): Promise<Result<AnyAid>> => {
  if (typeof aid !== 'string') return NO_TEXT;
  const name = aid.trim();
  try {
    await environment.prepare();
    const first = judgeIdentity(name, await read(name, keys), environment, options);
    const mismatch = !first.ok && first.error.code === ErrorCodes.KEYPAIR_MISMATCH;
    if (!mismatch || !(await keys.repairKeyPair(name))) return first;
    return judgeIdentity(name, await read(name, keys), environment, options);
  } catch (error) {
    return loadFailure(name, error);
  }
};

const read = async (aid: string, keys: KeyStore): Promise<StoredIdentity> => {
  const certPem = await keys.loadCert(aid);
  if (certPem === null) return { certPem, privateKeyPem: null, previousKeyPems: [] };
  const pair = await keys.loadKeyPair(aid);
  const previous = pair === null ? [] : await keys.loadPreviousKeyPairs(aid, PREVIOUS_KEYS);
  return {
    certPem,
    privateKeyPem: pair?.privateKeyPem ?? null,
    previousKeyPems: previous.map((entry) => entry.privateKeyPem),
  };
};

const readSync = (aid: string, keys: KeyReader): StoredIdentity => {
  const certPem = keys.loadCertSync(aid);
  if (certPem === null) return { certPem, privateKeyPem: null, previousKeyPems: [] };
  const pair = keys.loadKeyPairSync(aid);
  const previous = pair === null ? [] : keys.loadPreviousKeyPairsSync(aid, PREVIOUS_KEYS);
  return {
    certPem,
    privateKeyPem: pair?.privateKeyPem ?? null,
    previousKeyPems: previous.map((entry) => entry.privateKeyPem),
  };
};
