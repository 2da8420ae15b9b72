import { type Result, resultErr, resultOk } from 'aun-core';
import { hexEncode, sha256, verifyDer } from 'aun-crypto';
import type { Certificate } from '../certificate/certificate.js';
import type { ValidityOptions } from '../chain/validity.js';
import { checkCurrent } from './currency.js';
import type { OcspAnswer, OcspErrorCode, OcspSingleResponse } from './ocsp.js';

const idSha256 = '2.16.840.1.101.3.4.2.1';

/**
 * The answer for one certificate, signed directly by its issuer CA (01 §4.5). The certificate is named by SHA-256
 * hashes of the issuer's name and of its full SPKI; the RFC 6960 form over the key bits is read as well.
 * Codes `ocsp_signature_invalid`, `ocsp_not_for_certificate`.
 */
export function verifyOcspSignature(
  answer: OcspAnswer,
  certificate: Certificate,
  issuer: Certificate,
): Result<OcspSingleResponse, OcspErrorCode> {
  if (!verifyDer(issuer.publicKey, answer.tbsDer, answer.signature)) {
    return resultErr(
      'ocsp_signature_invalid',
      `the signature on the OCSP response was not made by ${issuer.commonName}`,
    );
  }
  const single = answer.responses.find((response) => isFor(response, certificate, issuer));
  return single === undefined
    ? resultErr(
        'ocsp_not_for_certificate',
        `the OCSP response says nothing about serial ${certificate.serialHex}`,
      )
    : resultOk(single);
}

/** {@link verifyOcspSignature} and inside thisUpdate … nextUpdate with skew; code `ocsp_not_current`. */
export function verifyOcsp(
  answer: OcspAnswer,
  certificate: Certificate,
  issuer: Certificate,
  options: ValidityOptions,
): Result<OcspSingleResponse, OcspErrorCode> {
  const verified = verifyOcspSignature(answer, certificate, issuer);
  if (!verified.ok) return verified;
  const stale = checkCurrent(verified.data, options);
  return stale === undefined ? verified : resultErr('ocsp_not_current', `the OCSP response ${stale}`);
}

function isFor(response: OcspSingleResponse, certificate: Certificate, issuer: Certificate): boolean {
  if (response.hashOid !== idSha256 || response.serialHex !== certificate.serialHex) return false;
  if (response.issuerNameHash !== hexEncode(sha256(issuer.subjectDer))) return false;
  return (
    response.issuerKeyHash === hexEncode(sha256(issuer.spkiDer)) ||
    response.issuerKeyHash === hexEncode(sha256(issuer.publicKey.point))
  );
}
