import { type Result, resultErr, resultOk } from 'aun-core';
import { bytesEqual } from '../asn1/bytes.js';
import type { Certificate } from '../certificate/certificate.js';
import { isSignedBy } from './signature.js';

export type ChainLinkErrorCode =
  | 'issuer_mismatch'
  | 'key_identifier_mismatch'
  | 'not_a_ca'
  | 'key_usage'
  | 'signature_invalid';

/**
 * Was `certificate` issued by `issuer`: names byte for byte, key identifiers and key usage where both sides have
 * them, CA flag, signature with the hash of the issuer's curve (01 §3.2 checks 3 to 5).
 */
export function verifyLink(
  certificate: Certificate,
  issuer: Certificate,
): Result<Certificate, ChainLinkErrorCode> {
  const who = certificate.commonName || certificate.fingerprint;
  const by = issuer.commonName || issuer.fingerprint;
  if (!bytesEqual(certificate.issuerDer, issuer.subjectDer)) {
    return resultErr('issuer_mismatch', `issuer mismatch: ${who} was not issued by ${by}`);
  }
  if (!issuer.isCa) return resultErr('not_a_ca', `${by} is not marked as CA`);
  if (!keyIdentifiersAgree(certificate, issuer)) {
    return resultErr('key_identifier_mismatch', `the authority key identifier of ${who} does not name ${by}`);
  }
  if (issuer.keyUsage !== undefined && !issuer.keyUsage.includes('keyCertSign')) {
    return resultErr('key_usage', `${by} must not sign certificates: key usage lacks keyCertSign`);
  }
  if (!isSignedBy(certificate, issuer)) {
    return resultErr('signature_invalid', `the signature on ${who} was not made by ${by}`);
  }
  return resultOk(issuer);
}

function keyIdentifiersAgree(certificate: Certificate, issuer: Certificate): boolean {
  const { authorityKeyId, authoritySerialHex } = certificate;
  if (
    authorityKeyId !== undefined &&
    issuer.subjectKeyId !== undefined &&
    authorityKeyId !== issuer.subjectKeyId
  ) {
    return false;
  }
  return authoritySerialHex === undefined || authoritySerialHex === issuer.serialHex;
}
