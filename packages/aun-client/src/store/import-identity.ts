import { ErrorCodes, type KeyPairRecord, type Result, resultErr, resultOk } from 'aun-core';
import { base64Encode, CryptoError, PrivateKey } from 'aun-crypto';
import { type Certificate, checkValidity, parseCertificate } from 'aun-pki';
import type { GroupIdentityMaterial } from './types.js';

export type ImportableIdentity = {
  readonly aid: string;
  readonly keyPair: KeyPairRecord;
  readonly certificate: Certificate;
};

const text = (...candidates: readonly unknown[]): string =>
  candidates.find((value): value is string => typeof value === 'string' && value !== '') ?? '';

const bagOf = (value: GroupIdentityMaterial | null | undefined): GroupIdentityMaterial =>
  typeof value === 'object' && value !== null ? value : {};

/** Checks key and certificate of a group identity in the order of 07 §3.12; nothing is stored. */
export const judgeImport = (
  name: string | GroupIdentityMaterial,
  material: GroupIdentityMaterial | undefined,
  now: number,
): Result<ImportableIdentity> => {
  const given = bagOf(typeof name === 'string' ? material : name);
  const aid = text(typeof name === 'string' ? name : given.aid).trim();
  const keyPem = text(given.private_key_pem, given.privateKeyPem);
  const publicKey = text(given.public_key_der_b64, given.publicKeyDerB64);
  const certPem = text(given.cert_pem, given.certPem, given.cert);
  if (aid === '') return resultErr(ErrorCodes.INVALID_AID_FORMAT, 'the AID of the group is missing');
  if (keyPem === '')
    return resultErr(ErrorCodes.PRIVATE_KEY_PARSE_ERROR, `the private key of ${aid} is missing`);
  if (publicKey === '') return resultErr(ErrorCodes.KEYPAIR_MISMATCH, `the public key of ${aid} is missing`);
  if (certPem === '') return resultErr(ErrorCodes.CERT_PARSE_ERROR, `the certificate of ${aid} is missing`);
  const parsed = parseCertificate(certPem);
  if (!parsed.ok) return resultErr(ErrorCodes.CERT_PARSE_ERROR, parsed.error.message);
  const valid = checkValidity(parsed.data, { now, skewSeconds: 0 });
  if (!valid.ok) return resultErr(ErrorCodes.CERT_CHAIN_BROKEN, valid.error.message);
  if (parsed.data.subjectCommonName !== aid) {
    return resultErr(
      ErrorCodes.CERT_CHAIN_BROKEN,
      `the certificate belongs to ${parsed.data.subjectCommonName || 'nobody'}, not to ${aid}`,
    );
  }
  const key = parseKey(keyPem);
  if (key === null)
    return resultErr(ErrorCodes.PRIVATE_KEY_PARSE_ERROR, `the private key of ${aid} cannot be read`);
  const spki = base64Encode(key.publicKey.spki);
  if (spki !== publicKey || spki !== base64Encode(parsed.data.spkiDer)) {
    return resultErr(
      ErrorCodes.KEYPAIR_MISMATCH,
      `private key, public key and certificate of ${aid} do not belong together`,
    );
  }
  const keyPair = { privateKeyPem: key.toPem(), publicKeyDerB64: spki, curve: 'P-256' } as const;
  return resultOk({ aid, keyPair, certificate: parsed.data });
};

const parseKey = (pem: string): PrivateKey | null => {
  try {
    const key = PrivateKey.fromPem(pem);
    return key.curve === 'P-256' ? key : null;
  } catch (error) {
    if (error instanceof CryptoError) return null;
    throw error;
  }
};
