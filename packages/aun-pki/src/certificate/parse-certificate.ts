import { type Result, resultErr, resultOk } from 'aun-core';
import { CryptoError, PublicKey } from 'aun-crypto';
import { copyBytes } from '../asn1/bytes.js';
import { DerError, parseDer } from '../asn1/parse-der.js';
import { Certificate } from './certificate.js';
import { anyCommonName, leadingCommonName } from './common-name.js';
import { readExtensions } from './extensions.js';
import { pemBlocks } from './pem-blocks.js';
import { RawCertificate } from './raw-certificate.js';
import { serialToHex } from './serial.js';

/** Largest accepted certificate in bytes of DER. Ours have less than 1 KiB. */
export const MAX_CERTIFICATE_BYTES = 16 * 1024;

/** Largest accepted PEM text of one certificate in characters. */
export const MAX_CERTIFICATE_PEM_CHARS = 32 * 1024;

export type CertificateParseErrorCode = 'certificate_malformed' | 'certificate_too_large' | 'unsupported_key';

/**
 * Parses one certificate, PEM text (the first CERTIFICATE block) or DER. Nothing is verified.
 *
 * Codes: `certificate_malformed`, `certificate_too_large` (DER over 16 KiB, PEM over 32 KiB), `unsupported_key`
 * (neither P-256 nor P-384, 01 §2.1).
 */
export function parseCertificate(input: string | Uint8Array): Result<Certificate, CertificateParseErrorCode> {
  try {
    const size = input.length;
    if (size > (typeof input === 'string' ? MAX_CERTIFICATE_PEM_CHARS : MAX_CERTIFICATE_BYTES)) {
      return resultErr('certificate_too_large', `the certificate is too large: ${size} bytes`);
    }
    if (typeof input !== 'string') return parseCertificateDer(copyBytes(input));
    const block = pemBlocks(input, 'CERTIFICATE', 1)[0];
    if (block === undefined)
      return resultErr('certificate_malformed', 'no CERTIFICATE block in the PEM text');
    if (!block.ok) return resultErr('certificate_malformed', block.error.message);
    return parseCertificateDer(block.data.der);
  } catch (error) {
    if (error instanceof DerError) {
      return resultErr('certificate_malformed', `the certificate is malformed: ${error.message}`, error);
    }
    throw error;
  }
}

function parseCertificateDer(der: Uint8Array): Result<Certificate, CertificateParseErrorCode> {
  const raw = parseDer(der, RawCertificate, { maxBytes: MAX_CERTIFICATE_BYTES });
  const tbs = raw.tbsCertificate;
  if (raw.tbsCertificateRaw === undefined) throw new DerError('the signed part is missing');
  const spkiDer = copyBytes(tbs.subjectPublicKeyInfoRaw);
  const publicKey = readPublicKey(spkiDer);
  if (!publicKey.ok) return publicKey;
  return resultOk(
    new Certificate({
      der,
      tbsDer: copyBytes(raw.tbsCertificateRaw),
      signature: copyBytes(raw.signatureValue),
      serialHex: serialToHex(copyBytes(tbs.serialNumber)),
      subjectDer: copyBytes(tbs.subjectRaw),
      issuerDer: copyBytes(tbs.issuerRaw),
      subjectCommonName: leadingCommonName(tbs.subject),
      commonName: anyCommonName(tbs.subject),
      issuerCommonName: anyCommonName(tbs.issuer),
      notBefore: readTime(tbs.validity.notBefore),
      notAfter: readTime(tbs.validity.notAfter),
      publicKey: publicKey.data,
      spkiDer,
      extensions: readExtensions(Array.from(tbs.extensions ?? [])),
    }),
  );
}

function readPublicKey(spkiDer: Uint8Array): Result<PublicKey, 'unsupported_key'> {
  try {
    return resultOk(PublicKey.fromSpki(spkiDer));
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    return resultErr(
      'unsupported_key',
      'the public key of the certificate is no valid P-256 or P-384 key',
      error,
    );
  }
}

/** @throws {DerError} */
export function readTime(time: { getTime(): Date }): Date {
  let date: Date;
  try {
    date = time.getTime();
  } catch (error) {
    throw new DerError('a time is missing', { cause: error });
  }
  if (Number.isNaN(date.getTime())) throw new DerError('a time is not a date');
  return date;
}
