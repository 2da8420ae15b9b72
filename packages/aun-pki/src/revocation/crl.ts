import { AsnProp } from '@peculiar/asn1-schema';
import { CertificateList, id_ce_cRLNumber, Name, TBSCertList } from '@peculiar/asn1-x509';
import { type Result, resultErr, resultOk } from 'aun-core';
import { verifyDer } from 'aun-crypto';
import { bytesEqual, copyBytes } from '../asn1/bytes.js';
import { DerError, parseDer } from '../asn1/parse-der.js';
import type { Certificate } from '../certificate/certificate.js';
import { readTime } from '../certificate/parse-certificate.js';
import { pemBlocks } from '../certificate/pem-blocks.js';
import { normalizeSerial, serialToHex } from '../certificate/serial.js';
import type { ValidityOptions } from '../chain/validity.js';
import { checkCurrent } from './currency.js';

/** Largest accepted CRL in bytes of DER, enough for some 20 000 entries. */
export const MAX_CRL_BYTES = 1024 * 1024;

/** A parsed certificate revocation list; nothing is verified yet (01 §4.4). */
export interface Crl {
  readonly der: Uint8Array;
  readonly tbsDer: Uint8Array;
  readonly signature: Uint8Array;
  readonly issuerDer: Uint8Array;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | undefined;
  /** Normalised serials (even-length lower-case hex) with the date of revocation. */
  readonly entries: ReadonlyMap<string, Date>;
}

export type CrlErrorCode =
  | 'crl_malformed'
  | 'crl_too_large'
  | 'crl_issuer_mismatch'
  | 'crl_signature_invalid'
  | 'crl_not_allowed'
  | 'crl_not_current';

class RawTbsCertList extends TBSCertList {
  declare issuerRaw: Uint8Array;
}
AsnProp({ type: Name, raw: true })(RawTbsCertList.prototype, 'issuer');

class RawCertificateList extends CertificateList {
  override tbsCertList = new RawTbsCertList();
}
AsnProp({ type: RawTbsCertList, raw: true })(RawCertificateList.prototype, 'tbsCertList');

const tolerableCritical = new Set<string>([id_ce_cRLNumber]);

/** Parses a CRL from PEM (`X509 CRL` or `CRL`) or DER. Codes `crl_malformed`, `crl_too_large`. */
export function parseCrl(input: string | Uint8Array): Result<Crl, CrlErrorCode> {
  if (input.length > MAX_CRL_BYTES * (typeof input === 'string' ? 1.5 : 1)) {
    return resultErr('crl_too_large', `the CRL is too large: ${input.length} bytes`);
  }
  try {
    return resultOk(readCrl(typeof input === 'string' ? pemToDer(input) : copyBytes(input)));
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return resultErr('crl_malformed', `the CRL is malformed: ${error.message}`, error);
  }
}

function pemToDer(pem: string): Uint8Array {
  const block = pemBlocks(pem, 'X509 CRL', 1)[0] ?? pemBlocks(pem, 'CRL', 1)[0];
  if (block === undefined) throw new DerError('no X509 CRL block in the PEM text');
  if (!block.ok) throw new DerError(block.error.message);
  return block.data.der;
}

function readCrl(der: Uint8Array): Crl {
  const raw = parseDer(der, RawCertificateList, { maxBytes: MAX_CRL_BYTES, maxNodes: 200_000 });
  if (raw.tbsCertListRaw === undefined) throw new DerError('the signed part is missing');
  const list = raw.tbsCertList;
  const critical = (list.crlExtensions ?? []).find((e) => e.critical && !tolerableCritical.has(e.extnID));
  if (critical !== undefined) throw new DerError(`unknown critical extension ${critical.extnID}`);
  const entries = new Map<string, Date>();
  for (const entry of list.revokedCertificates ?? []) {
    entries.set(serialToHex(copyBytes(entry.userCertificate)), readTime(entry.revocationDate));
  }
  return {
    der,
    tbsDer: copyBytes(raw.tbsCertListRaw),
    signature: copyBytes(raw.signature),
    issuerDer: copyBytes(list.issuerRaw),
    thisUpdate: readTime(list.thisUpdate),
    nextUpdate: list.nextUpdate && readTime(list.nextUpdate),
    entries,
  };
}

/** When the serial was revoked according to this list, else `undefined`. Serials compare as numbers. */
export function revocationDate(crl: Crl, serial: string): Date | undefined {
  return crl.entries.get(normalizeSerial(serial) ?? '');
}

/**
 * Did this issuer sign the list: same name bytes, `cRLSign` if it has key usages, signature by curve (01 §4.4)?
 * Codes `crl_issuer_mismatch`, `crl_not_allowed`, `crl_signature_invalid`.
 */
export function verifyCrlSignature(crl: Crl, issuer: Certificate): Result<Crl, CrlErrorCode> {
  if (!bytesEqual(crl.issuerDer, issuer.subjectDer)) {
    return resultErr('crl_issuer_mismatch', `the CRL was not issued by ${issuer.commonName}`);
  }
  if (issuer.keyUsage !== undefined && !issuer.keyUsage.includes('cRLSign')) {
    return resultErr('crl_not_allowed', `${issuer.commonName} must not sign CRLs: key usage lacks cRLSign`);
  }
  if (!verifyDer(issuer.publicKey, crl.tbsDer, crl.signature)) {
    return resultErr(
      'crl_signature_invalid',
      `the signature on the CRL was not made by ${issuer.commonName}`,
    );
  }
  return resultOk(crl);
}

/** {@link verifyCrlSignature} and inside thisUpdate … nextUpdate with skew; code `crl_not_current`. */
export function verifyCrl(
  crl: Crl,
  issuer: Certificate,
  options: ValidityOptions,
): Result<Crl, CrlErrorCode> {
  const signed = verifyCrlSignature(crl, issuer);
  if (!signed.ok) return signed;
  const stale = checkCurrent(crl, options);
  return stale === undefined ? resultOk(crl) : resultErr('crl_not_current', `the CRL ${stale}`);
}
